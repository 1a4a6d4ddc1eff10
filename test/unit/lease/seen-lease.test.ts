import { execFileSync } from 'node:child_process'
import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { MachineLease } from '../../../src/lease/machine-lease.js'
import { later, LEASE_SCRIPT, leftMs, readLeaseFile } from '../../../src/lease/seen-lease.js'
import { tempDir } from '../../fakes/temp-dir.js'

const file = {
  ...{ t: 1000, armed: true, deadline: 9000, boot_deadline: null, idle_limit: 1800, idle_since: 900, served: true },
  ...{ ends: 2700, ends_by: 'idle', on_end: 'poweroff', interrupt: null },
}

const lease = (more: Record<string, unknown> = {}, ageSeconds = 0): MachineLease => {
  const read = readLeaseFile(`${JSON.stringify({ ...file, ...more })}\n\n${String(5000 + ageSeconds)} 5000\n`)
  if (!read) throw new Error('no lease')
  return read
}

describe('the lease of a machine', () => {
  it('is as of when it was said, whatever the clock that its times are of', () => {
    expect(lease({}, 40)).toMatchObject({ at: 1040, idleSince: 900, ends: 2700, endsBy: 'idle' })
    expect(lease({}, -40)).toMatchObject({ at: 1000 })
  })

  it.each(['', '{}', 'cat: no such file', `${JSON.stringify({ ...file, t: 'now' })}\n\n5000 5000`])(
    'is none in %j',
    (said) => {
      expect(readLeaseFile(said)).toBeUndefined()
    },
  )

  it.skipIf(process.platform !== 'linux')('is what the script on the machine prints', () => {
    const path = join(tempDir(), 'lease.json')
    writeFileSync(path, `${JSON.stringify(file)}\n`)
    const minuteAgo = Math.floor(Date.now() / 1000) - 60
    utimesSync(path, minuteAgo, minuteAgo)
    const said = execFileSync('sh', ['-c', LEASE_SCRIPT, 'sh', path], { encoding: 'utf8' })
    expect(readLeaseFile(said)?.at).toBeGreaterThanOrEqual(1060)
    expect(readLeaseFile(said)?.at).toBeLessThan(1120)
  })

  it('goes on while it is not read: idle time runs, unless something is being answered', () => {
    expect(later(lease(), 600, 0)).toMatchObject({ at: 1600, idleSince: 900, ends: 2700, endsBy: 'idle' })
    expect(later(lease(), 600, 1)).toMatchObject({ at: 1600, idleSince: 1600, ends: 3400, endsBy: 'idle' })
    expect(later(lease({ deadline: 2000 }), 600, 1)).toMatchObject({ ends: 2000, endsBy: 'deadline' })
  })

  it('of a machine that does not serve yet is its boot deadline, which no request moves', () => {
    const starting = lease({ served: false, idle_since: null, boot_deadline: 1500, ends: 1500, ends_by: 'boot' })
    expect(later(starting, 100, 3)).toMatchObject({ idleSince: null, ends: 1500, endsBy: 'boot' })
    expect(leftMs(later(starting, 600, 0))).toBe(-100_000)
  })

  it('that has ended stays so, and one without any end has none', () => {
    const over = lease({ deadline: null, idle_since: null, served: false, ends: 1000, ends_by: null, on_end: 'stop' })
    expect(leftMs(later(over, 60, 0))).toBe(-60_000)
    expect(leftMs(lease({ deadline: null, idle_limit: null, ends: null, ends_by: null }))).toBeUndefined()
  })
})

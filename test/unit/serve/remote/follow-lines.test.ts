import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { localMachine } from '../../../../src/adapters/local-machine.js'
import { lineFollower } from '../../../../src/serve/remote/follow-lines.js'
import { isWholeLine } from '../../../../src/serve/remote/phases.js'
import { tempDir } from '../../../fakes/temp-dir.js'

/** The real shell and the real tail, on this computer: each follow stands for one connection. */
function follower(path: string): { lines: string[]; connect(): () => Promise<void> } {
  const lines: string[] = []
  const follow = lineFollower({ path, isWhole: isWholeLine, onLine: (line) => lines.push(line) })
  return {
    lines,
    connect: () => {
      const cut = new AbortController()
      const following = follow(localMachine(), cut.signal).catch(() => undefined)
      cuts.push(cut)
      return async () => {
        cut.abort()
        await following
      }
    },
  }
}

let cuts: AbortController[] = []
afterEach(() => {
  for (const cut of cuts) cut.abort()
  cuts = []
})

const seen = (lines: readonly string[], expected: readonly string[]): Promise<void> =>
  expect.poll(() => lines, { timeout: 20_000, interval: 100 }).toEqual(expected)

describe.skipIf(process.platform === 'win32')('following a file on a machine', () => {
  it('loses no line and shows none twice over one connection after the other', async () => {
    const path = join(tempDir(), 'phases.ndjson')
    const { lines, connect } = follower(path)
    const first = connect()
    writeFileSync(path, '{"a":1}\n{"ä":2}\n{"half')
    await seen(lines, ['{"a":1}', '{"ä":2}'])
    await first()
    appendFileSync(path, '":3}\n')
    const second = connect()
    await seen(lines, ['{"a":1}', '{"ä":2}', '{"half":3}'])
    appendFileSync(path, 'what a lost power supply left\n{"d":4}\n')
    await seen(lines, ['{"a":1}', '{"ä":2}', '{"half":3}', '{"d":4}'])
    await second()
    const third = connect()
    appendFileSync(path, '{"e":5}\n')
    await seen(lines, ['{"a":1}', '{"ä":2}', '{"half":3}', '{"d":4}', '{"e":5}'])
    await third()
  })

  it('begins anew with a file that was written anew', async () => {
    const path = join(tempDir(), 'phases.ndjson')
    writeFileSync(path, '{"a":1}\n{"b":2}\n')
    const { lines, connect } = follower(path)
    const first = connect()
    await seen(lines, ['{"a":1}', '{"b":2}'])
    await first()
    rmSync(path)
    writeFileSync(path, '{"c":3}\n')
    const second = connect()
    await seen(lines, ['{"a":1}', '{"b":2}', '{"c":3}'])
    await second()
  })
})

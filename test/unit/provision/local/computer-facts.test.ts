import { writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { computerFacts, parseVmStat } from '../../../../src/provision/local/computer-facts.js'
import { tempDir } from '../../../fakes/temp-dir.js'

const vmStat = `Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               13021.
Pages active:                            410567.
Pages inactive:                          400123.
Pages speculative:                         9876.
Pages throttled:                              0.
Pages wired down:                        120000.
Pages purgeable:                           1234.
"Translation faults":                 987654321.
Pages occupied by compressor:            300000.
`

describe('memory on macOS', () => {
  it('is what is free, and what it gives up at once', () => {
    expect(parseVmStat(vmStat)).toBe(16_384 * (13_021 + 400_123 + 9876 + 1234))
  })

  it('counts pages of 4 kB where their size is not said, and lines that are missing as none', () => {
    expect(parseVmStat('Pages free:  10.\nPages inactive:  5.\n')).toBe(4096 * 15)
    expect(parseVmStat('')).toBe(0)
  })
})

describe('the facts of this computer', () => {
  it('are those of this computer', async () => {
    const diskPath = tempDir()
    const facts = await computerFacts(diskPath)
    expect(facts).toMatchObject({ platform: `${process.platform}-${process.arch}`, diskPath })
    expect(facts.cores).toBeGreaterThanOrEqual(1)
    expect(facts.memoryAvailableBytes).toBeGreaterThan(0)
    expect(facts.memoryAvailableBytes).toBeLessThanOrEqual(totalmem())
    expect(facts.diskFreeBytes).toBeGreaterThan(0)
  })

  it('tell the disk of a folder that is not made yet', async () => {
    const dir = tempDir()
    const [here, below] = [await computerFacts(dir), await computerFacts(join(dir, 'not', 'yet'))]
    expect(below.diskPath).toBe(join(dir, 'not', 'yet'))
    expect(Math.abs(below.diskFreeBytes - here.diskFreeBytes)).toBeLessThan(here.diskFreeBytes / 10)
  })

  it('cannot be told of a folder below a file', async () => {
    const file = join(tempDir(), 'file')
    writeFileSync(file, '')
    await expect(computerFacts(join(file, 'cache'))).rejects.toMatchObject({ code: 'ENOTDIR' })
  })
})

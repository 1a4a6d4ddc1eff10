import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { labFiles, type LabWish } from '../../../src/bootstrap/lab-files.js'
import { tempDir } from '../../fakes/temp-dir.js'

const laboratory = {
  engineVersion: '0.33.0',
  driverMin: 580,
  repo: 'a/b',
  revision: 'e434a23',
  weightsBytes: 31_412_968_448,
  wantsToken: true,
  machines: [{ type: 'host', gpuCount: 2, gpuMemoryMiB: 24_000, config: 'port: 8001\n' }],
}
const wish = (more: Partial<LabWish> = {}): LabWish => ({
  labId: 'lab-1',
  provider: 'ssh',
  lease: {},
  laboratory,
  ...more,
})

/** As the machine's sh reads it. */
function read(text: string, name: string): string {
  const file = join(tempDir(), 'lab.env')
  writeFileSync(file, text)
  return execFileSync('sh', ['-c', `. ${file}; printf %s "$${name}"`], { encoding: 'utf8' })
}

describe('the files of a lab', () => {
  it('say all that the scripts ask, as sh reads it', () => {
    const packageIndex = 'https://mirror.example/simple?a=1&b=$HOME `id` "x" \\'
    const env = labFiles(wish({ laboratory: { ...laboratory, packageIndex } })).get('lab.env') ?? ''
    expect(read(env, 'LABOS_PACKAGE_INDEX')).toBe(packageIndex)
    expect(read(env, 'LABOS_REVISION')).toBe('e434a23')
    expect(read(env, 'LABOS_WANTS_TOKEN')).toBe('yes')
    expect(read(env, 'LABOS_SCOPE LABOS_ON_END')).toContain('user')
    expect(read(env, 'LABOS_TTL_S')).toBe('')
  })

  it('hold one configuration a type of machine, whichever rungs have it', () => {
    const machine = { type: 'g6e.xlarge', gpuCount: 1, gpuMemoryMiB: 45_776, config: 'a: 1\n' }
    const files = labFiles(wish({ provider: 'aws', laboratory: { ...laboratory, machines: [machine, machine] } }))
    expect([...files.keys()]).toEqual(['lab.env', 'machines.tsv', 'config/g6e.xlarge.yaml'])
    expect(files.get('machines.tsv')).toBe('g6e.xlarge\t1\t45776\tg6e.xlarge.yaml\n')
  })

  it.each(["it's", 'two\nlines', 'a\0b'])('refuse a setting that cannot be written: %j', (hub) => {
    expect(() => labFiles(wish({ laboratory: { ...laboratory, hub } }))).toThrow(
      expect.objectContaining({ code: 'usage.value', message: expect.stringContaining('LABOS_HUB') as string }),
    )
  })
})

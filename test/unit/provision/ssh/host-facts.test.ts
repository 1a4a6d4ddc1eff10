import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import type { HostFacts } from '../../../../src/plan/host/host-facts.js'
import { parseHostFacts, readHostFacts } from '../../../../src/provision/ssh/host-facts.js'
import { tempDir } from '../../../fakes/temp-dir.js'

const SCRIPT = resolve(import.meta.dirname, '../../../../templates/host/facts.sh')
const FOLDER = '.local/share/labos/one'

/** What the script says of a home in which these programs stand in for the system's. */
function factsOf(
  programs: Readonly<Record<string, string>>,
  prepare: (home: string) => void = () => undefined,
): HostFacts {
  const home = tempDir()
  const bin = join(home, 'bin')
  mkdirSync(bin)
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  prepare(home)
  const env = { HOME: home, PATH: `${bin}:/usr/bin:/bin` }
  const text = execFileSync('sh', ['-s', '--', FOLDER], { encoding: 'utf8', env, input: readFileSync(SCRIPT) })
  const facts = parseHostFacts(text)
  if (!facts) throw new Error(text)
  return facts
}

const NVIDIA = `echo '0, 46068, 512, 580.95.05, 8.9, NVIDIA L40S'; echo '1, 24564, 0, 580.95.05, 8.9, Some, GPU'`

it('are what the host says of itself', () => {
  const facts = factsOf({ 'nvidia-smi': NVIDIA, systemctl: 'exit 0', loginctl: 'echo yes', uname: 'echo Plan9' })
  expect(facts).toMatchObject({
    system: 'Plan9',
    isWritable: true,
    hasUnits: true,
    lingers: true,
    gpus: [
      { index: 0, name: 'NVIDIA L40S', memoryMiB: 46_068, usedMiB: 512, driver: '580.95.05', computeCapability: 8.9 },
      { index: 1, name: 'Some, GPU' },
    ],
  })
  expect(facts.memoryGiB).toBeGreaterThan(0.1)
  expect(facts.diskFreeBytes).toBeGreaterThan(0)
  expect(facts.programs).toContain('nvidia-smi')
  expect(facts).not.toHaveProperty('folderOf')
  expect(facts).not.toHaveProperty('gpuTrouble')
})

it('say what is missing, and whose folder is there', () => {
  const facts = factsOf(
    { 'nvidia-smi': 'echo No devices were found; exit 6', systemctl: 'exit 1', loginctl: 'exit 1' },
    (home) => {
      mkdirSync(join(home, FOLDER), { recursive: true })
      writeFileSync(join(home, FOLDER, 'lab.env'), "LABOS_LAB='lab-7'\nLABOS_SCOPE='user'\n")
    },
  )
  expect(facts).toMatchObject({
    gpus: [],
    gpuTrouble: 'No devices were found',
    hasUnits: false,
    lingers: false,
    folderOf: 'lab-7',
  })
})

it('are not believed in part', async () => {
  expect(parseHostFacts('system=Linux\nmachine=x86_64\n')).toBeUndefined()
  const machine = { run: async () => ({ exitCode: 127, stdout: '', stderr: 'sh: not found\n' }) }
  const wish = { script: '', folder: FOLDER, target: 'ada@box' }
  await expect(readHostFacts(machine, wish, new AbortController().signal)).rejects.toMatchObject({
    code: 'host.unfit',
    message: 'ada@box does not say what it is: sh: not found.',
  })
})

it('names the other labs of the user with their ports, not the one that is asked for', () => {
  const facts = factsOf({}, (home) => {
    for (const [name, port] of Object.entries({ one: 8000, two: 8001 })) {
      const config = join(home, '.local/share/labos', name, 'config')
      mkdirSync(config, { recursive: true })
      writeFileSync(join(config, 'host.yaml'), `model: "a/b"\nport: ${String(port)}\n`)
    }
  })
  expect(facts.otherLabs).toEqual([{ name: 'two', port: 8001 }])
})

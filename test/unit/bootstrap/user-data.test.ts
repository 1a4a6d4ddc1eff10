import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { labFiles, type LabWish } from '../../../src/bootstrap/lab-files.js'
import { machineScripts } from '../../../src/bootstrap/machine-scripts.js'
import { userData } from '../../../src/bootstrap/user-data.js'
import { DRIVER_MIN, ENGINE_VERSION } from '../../../src/plan/rent/engine-config.js'
import { tempDir } from '../../fakes/temp-dir.js'

interface CloudConfig {
  readonly bootcmd: readonly string[]
  readonly write_files?: readonly { readonly path: string; readonly content: string; readonly encoding?: string }[]
  readonly runcmd?: readonly (readonly string[])[]
  readonly ssh_keys?: Readonly<Record<string, string>>
  readonly ssh_authorized_keys?: readonly string[]
}

const CONFIG = 'model: "deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct"\nserved-model-name:\n  - "lite"\nport: 8000\n'
const KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\n${'b3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n'.repeat(6)}-----END OPENSSH PRIVATE KEY-----\n`

const wish = (config = CONFIG, types = ['g6e.xlarge', 'g6e.2xlarge']): LabWish => ({
  labId: 'lab-1',
  provider: 'aws',
  lease: { ttlMs: 3_600_001, bootMs: 1_200_000, idleMs: 1_800_000 },
  laboratory: {
    engineVersion: ENGINE_VERSION,
    driverMin: DRIVER_MIN,
    repo: 'deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct',
    revision: null,
    weightsBytes: 31_412_968_448,
    wantsToken: false,
    machines: types.map((type) => ({ type, gpuCount: 1, gpuMemoryMiB: 45_776.5, config })),
  },
})

let scripts: ReadonlyMap<string, string>
beforeAll(async () => {
  scripts = await machineScripts(resolve(import.meta.dirname, '../../../templates'))
})

const configOf = (bytes: Uint8Array): CloudConfig =>
  parse(gunzipSync(bytes).toString(), { version: '1.1' }) as CloudConfig

const whole = (lab: LabWish = wish()): Uint8Array =>
  userData({
    scripts,
    files: labFiles(lab),
    isLaboratory: true,
    hostKey: { privateKey: KEY, publicKey: 'ssh-ed25519 AAAA labos\n' },
    userKey: 'ssh-ed25519 BBBB ada@lab\n',
  })

/** Runs bootcmd below another root, where systemctl is not the real one; the lease says nothing there. */
function boot(bootcmd: string): string {
  const root = tempDir()
  mkdirSync(join(root, 'programs'))
  for (const name of ['systemctl', 'apt-mark', 'dpkg-query'])
    writeFileSync(join(root, 'programs', name), `#!/bin/sh\necho "${name} $*" >>${root}/said\n`, { mode: 0o755 })
  const env = { PATH: `${root}/programs:${process.env['PATH'] ?? ''}`, LABOS_ROOT: root }
  execFileSync('sh', ['-c', bootcmd.replaceAll('/var/lib/labos', `${root}/var/lib/labos`)], { env, stdio: 'pipe' })
  return root
}

describe('user data of a laboratory', () => {
  it('is cloud-config in gzip, with room left in what EC2 takes', () => {
    const bytes = whole()
    expect(gunzipSync(bytes).toString().split('\n')[0]).toBe('#cloud-config')
    expect(bytes.length).toBeLessThan(14_000)
  })

  it('writes the lease and arms it first of all, at each boot', () => {
    const { bootcmd } = configOf(whole())
    expect(bootcmd).toHaveLength(1)
    const root = boot(bootcmd[0] ?? '')
    expect(readFileSync(join(root, 'var/lib/labos/lab.env'), 'utf8')).toContain("LABOS_TTL_S='3601'\n")
    expect(readFileSync(join(root, 'run/systemd/system/labos-end.timer'), 'utf8')).toContain('OnActiveSec=1200\n')
    const said = readFileSync(join(root, 'said'), 'utf8').trim().split('\n')
    expect(said[0]).toBe('systemctl daemon-reload')
    expect(said.findIndex((line) => line.includes('mask'))).toBeGreaterThan(
      said.findIndex((line) => line.includes('restart --no-block labos-lease.timer')),
    )
  })

  it('then writes the rest, and starts the bootstrap without waiting for it', () => {
    const { write_files: files = [], runcmd } = configOf(whole())
    const content = Object.fromEntries(files.map((file) => [file.path.replace('/var/lib/labos/', ''), file.content]))
    expect(content['config/g6e.xlarge.yaml']).toBe(CONFIG)
    expect(content['machines.tsv']).toBe(
      'g6e.xlarge\t1\t45776\tg6e.xlarge.yaml\ng6e.2xlarge\t1\t45776\tg6e.2xlarge.yaml\n',
    )
    expect(Object.keys(content)).toEqual(expect.arrayContaining(['bin/bootstrap.sh', 'bin/hub.py', 'bin/versions.env']))
    expect(Object.keys(content)).not.toContain('bin/lease.sh')
    expect(runcmd).toEqual([
      ['sh', '/var/lib/labos/bin/units.sh', 'install'],
      ['systemctl', 'start', '--no-block', 'labos-bootstrap.service'],
    ])
  })

  it('carries every script but for its comments, and each is sound', () => {
    const { write_files: files = [], bootcmd } = configOf(whole())
    const dir = tempDir()
    for (const [name, text] of scripts) {
      if (name === 'remove.sh') continue
      const lines = text.split('\n').filter((line) => line !== '' && !/^ *#/.test(line))
      const written = files.find((file) => file.path.endsWith(`/bin/${name}`))?.content ?? bootcmd[0] ?? ''
      for (const line of lines) expect(written).toContain(line)
      if (!name.endsWith('.sh') || written === bootcmd[0]) continue
      writeFileSync(join(dir, name), written)
      execFileSync('sh', ['-n', join(dir, name)])
    }
  })

  it('holds the keys: who it is, and who may log in', () => {
    const config = configOf(whole())
    expect(config.ssh_keys).toEqual({ ed25519_private: KEY, ed25519_public: 'ssh-ed25519 AAAA labos' })
    expect(config.ssh_authorized_keys).toEqual(['ssh-ed25519 BBBB ada@lab'])
  })

  it.each([
    ['  begins with blanks\n: "{\' and ends without a break'],
    ['tab\tand # no comment\n\n\nlast\n'],
    ['\nfirst line empty\n'],
    ['umlaut ü, separators \u0085\u2028, picture \u{1f600}\n'],
    ['trailing blanks  \n  \n'],
  ])('brings any configuration through unchanged: %j', (config) => {
    const { write_files: files = [] } = configOf(whole(wish(config, ['p5.48xlarge'])))
    const { content = '', encoding } = files.find((file) => file.path.endsWith('p5.48xlarge.yaml')) ?? {}
    expect(encoding === 'b64' ? Buffer.from(content, 'base64').toString() : content).toBe(config)
  })

  it('refuses what EC2 would, with the sizes', () => {
    const config = Array.from({ length: 3000 }, (_, index) => String(Math.sin(index))).join('\n')
    expect(() => whole(wish(config))).toThrow(/User data of \d{5} bytes; EC2 takes 16384/)
  })
})

describe('user data of a machine alone', () => {
  it('is its lease, and nothing else', () => {
    const files = labFiles({ labId: 'lab-1', provider: 'aws', lease: { ttlMs: 14_400_000 } })
    const bytes = userData({ scripts, files, isLaboratory: false })
    const config = configOf(bytes)
    expect(Object.keys(config)).toEqual(['bootcmd'])
    const root = boot(config.bootcmd[0] ?? '')
    expect(readFileSync(join(root, 'run/systemd/system/labos-end.timer'), 'utf8')).toContain('OnActiveSec=14400\n')
    expect(readFileSync(join(root, 'said'), 'utf8')).not.toContain('mask')
    expect(bytes.length).toBeLessThan(5000)
  })
})

/** The package as somebody would install it: packed, unpacked elsewhere, with nothing beside it. */
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const elsewhere = mkdtempSync(join(tmpdir(), 'labos-package-'))
const unpacked = join(elsewhere, 'package')

interface PackageJson {
  readonly version: string
  readonly bin: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
}
const pack = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as PackageJson

beforeAll(() => {
  const shell = process.platform === 'win32'
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', elsewhere], { cwd: ROOT, shell })
  execFileSync('tar', ['-xf', `labos-${pack.version}.tgz`], { cwd: elsewhere })
}, 60_000)

afterAll(() => rmSync(elsewhere, { recursive: true, force: true }))

function labos(...args: string[]): SpawnSyncReturns<string> {
  const env = { ...process.env, LABOS_HOME: join(elsewhere, 'home') }
  return spawnSync(process.execPath, [join(unpacked, 'bin/run.cjs'), ...args], {
    encoding: 'utf8',
    cwd: elsewhere,
    env,
  })
}

interface Locked {
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

describe('the lockfile', () => {
  const text = readFileSync(join(ROOT, 'package-lock.json'), 'utf8')
  const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, Locked>> }
  const locked = Object.keys(packages)

  it('records no download address', () => {
    expect(locked.filter((path) => packages[path]?.resolved !== undefined)).toEqual([])
  })

  it('holds what other systems need, so that `npm ci` works there', () => {
    const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
    const names = new Set(locked.map((path) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)))
    expect(wanted.filter((name) => !names.has(name))).toEqual([])
    expect(wanted).toContain('@esbuild/win32-x64')
  })
})

describe('the package', () => {
  it('needs no other package, and runs nothing when it is installed', () => {
    expect(pack.dependencies).toBeUndefined()
    expect(Object.keys(pack.scripts).filter((name) => /install$/.test(name))).toEqual([])
  })

  it('holds what runs and what is read, and no source or test', () => {
    const top = readdirSync(unpacked).sort()
    expect(top).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'docs',
      'oclif.manifest.json',
      'package.json',
      'templates',
    ])
  })

  it('holds the licence of every package that is bundled', () => {
    const licences = readFileSync(join(unpacked, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
    expect(licences).toMatch(/^@aws-sdk\/client-ec2 [0-9.]+ \(Apache-2\.0/m)
    for (const name of ['@oclif/core', 'execa', 'inquirer', 'ora', 'undici', 'yaml', 'zod']) {
      expect(licences).toMatch(new RegExp(`^${name} [0-9.]+ \\(MIT|^${name} [0-9.]+ \\(ISC`, 'm'))
    }
    expect(licences).not.toContain('holds no licence text')
  })

  it('names no machine it was built on', () => {
    const texts = readdirSync(join(unpacked, 'dist'), { recursive: true, encoding: 'utf8' })
      .map((file) => join(unpacked, 'dist', file))
      .filter((file) => /\.(?:c?js|txt)$/.test(file))
    expect(texts.filter((file) => readFileSync(file, 'utf8').includes(ROOT))).toEqual([])
  })

  it.each([
    [['--version'], `labos/${pack.version} `],
    [['--help'], 'EXIT CODES'],
    [['help', 'up'], 'Bring a model up'],
    [['ps', '--json'], '"labs": []'],
    [['config', '--json'], '"'],
    [['up', 'smollm2', '--dry-run', '--json'], '"usdPerHour":0'],
  ])('runs alone: labos %j', (args, part) => {
    const { status, stdout, stderr } = labos(...args)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain(part)
  })

  it('exits 4 with the help when nothing is asked and nobody can be', () => {
    const { status, stdout, stderr } = labos()
    expect({ status, stderr }).toEqual({ status: 4, stderr: '' })
    expect(stdout).toContain('USAGE')
    expect(existsSync(join(elsewhere, 'home'))).toBe(false)
  })

  it('turns an older Node.js away in one line', () => {
    const pretend = `Object.defineProperty(process.versions, 'node', { value: '20.18.3' }); require(process.argv[1])`
    const bin = join(unpacked, 'bin/run.cjs')
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', pretend, bin], { encoding: 'utf8' })
    expect({ status, stdout, stderr }).toEqual({
      status: 3,
      stdout: '',
      stderr: 'labos needs Node.js 20.19 or newer; this is 20.18.3.\n',
    })
  })
})

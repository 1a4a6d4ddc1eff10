/** The package as somebody would install it: packed, unpacked elsewhere, with nothing beside it. */
import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rentedLab } from '../fakes/rented.js'

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
    for (const name of ['@oclif/core', 'execa', 'inquirer', 'ora', 'ssh2', 'undici', 'yaml', 'zod']) {
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

describe('what is heavy', () => {
  /** Words that the bundler leaves as they are. */
  const MARKS = { "EC2's client": '2016-11-15', "Pulumi's SDK": 'pulumirpc', gRPC: 'grpc-node-js' }
  const heavyIn = (text: string): string[] =>
    Object.entries(MARKS).flatMap(([what, mark]) => (text.includes(mark) ? [what] : []))
  const heavyOf = (files: readonly string[]): string[] => files.flatMap((file) => heavyIn(readFileSync(file, 'utf8')))
  const home = join(elsewhere, 'rented')

  beforeAll(() => {
    mkdirSync(join(home, 'labs/one'), { recursive: true })
    writeFileSync(join(home, 'labs/one/lab.json'), JSON.stringify(rentedLab()))
  })

  /** What a command loads of the package, as V8 counts it, and what it says. */
  function run(
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): { loaded: string[]; stdout: string } {
    const counts = mkdtempSync(join(elsewhere, 'counts-'))
    const env = { ...process.env, LABOS_HOME: home, ...more, NODE_V8_COVERAGE: counts }
    const { stdout } = spawnSync(process.execPath, [join(unpacked, 'bin/run.cjs'), ...args], { encoding: 'utf8', env })
    const urls = readdirSync(counts).flatMap((file) => {
      const { result } = JSON.parse(readFileSync(join(counts, file), 'utf8')) as { result: readonly { url: string }[] }
      return result.map(({ url }) => url)
    })
    const files = urls.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url))
    const root = realpathSync(unpacked)
    return { loaded: files.filter((file) => file.startsWith(root)), stdout }
  }

  it('is in the package', () => {
    const files = readdirSync(join(unpacked, 'dist'), { recursive: true, encoding: 'utf8' })
    const texts = files
      .filter((file) => /js$/.test(file))
      .map((file) => readFileSync(join(unpacked, 'dist', file), 'utf8'))
    expect(new Set(texts.flatMap(heavyIn))).toEqual(new Set(Object.keys(MARKS)))
  })

  it.each([
    [['--help'], 'USAGE'],
    [['ps'], 'one'],
    [['status', 'one'], 'us-east-1a'],
    [['cost', 'one'], '$'],
    [['plan', 'deepseek-coder-v2'], 'DeepSeek'],
    [['up', 'deepseek-coder-v2', '--until', 'machine', '--dry-run'], 'DeepSeek'],
  ])('is not loaded by labos %j', (args, part) => {
    const { loaded, stdout } = run(args)
    expect(stdout).toContain(part)
    expect(loaded).not.toEqual([])
    expect(heavyOf(loaded)).toEqual([])
  })

  it('is loaded where it is needed: EC2 alone by what asks of a machine', () => {
    const nobody = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
    const { loaded } = run(['status', 'one', '--refresh'], nobody)
    expect(heavyOf(loaded)).toEqual(["EC2's client"])
  })
})

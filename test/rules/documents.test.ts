/** Documents say what is so. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { codes } from '../../src/errors/codes.js'

const ROOT = resolve(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

interface Manifest {
  commands: Record<
    string,
    { id: string; hiddenAliases: string[]; flags: Record<string, { name: string; env?: string; allowNo?: boolean }> }
  >
}
const commands = Object.values((JSON.parse(read('oclif.manifest.json')) as Manifest).commands)
const source = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file !== join('errors', 'codes.ts'))
  .map((file) => read(join('src', file)))
  .join('\n')
const anchorOf = (code: string): string => code.replaceAll('.', '-')

describe('every error code', () => {
  const errors = read('docs/errors.md')
  const tables = ['README.md', 'dist/help.txt'].map(read)

  it.each(Object.entries(codes))('%s is thrown, explained, and its exit is in the tables', (code, { exit, title }) => {
    expect(source).toContain(`'${code}'`)
    expect(errors).toContain(`<a id="${anchorOf(code)}"></a>`)
    expect(errors).toContain(title)
    for (const text of tables) expect(text).toMatch(new RegExp(`\\b${String(exit)}\\b`))
  })

  it('is in the documents once, and nothing else is', () => {
    const explained = [...errors.matchAll(/<a id="([^"]+)">/g)].map(([, anchor]) => anchor)
    expect(explained).toEqual(Object.keys(codes).map(anchorOf))
  })
})

describe('every command', () => {
  it.each(commands)('$id has --json, and a LABOS_ variable for each flag', ({ flags }) => {
    expect(Object.keys(flags)).toContain('json')
    expect(Object.values(flags).filter(({ env }) => !/^LABOS_[A-Z_]+$/.test(env ?? ''))).toEqual([])
  })
})

describe('documents', () => {
  const files = [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    ...readdirSync(join(ROOT, 'docs')).map((file) => `docs/${file}`),
  ]
  const texts = files.map((file) => ({ file, text: read(file) }))
  const known = new Set(commands.flatMap(({ id, hiddenAliases }) => [id.split(':')[0] ?? '', ...hiddenAliases]))

  it.each(texts)('$file names only commands that exist', ({ text }) => {
    const named = [...text.matchAll(/(?:[`(]|npx |^ *)labos ([a-z]+(?:-[a-z]+)*)/gm)].map(
      ([, command]) => command ?? '',
    )
    expect(named.filter((command) => !known.has(command))).toEqual([])
  })

  it.each([...texts, { file: 'what labos says', text: source }])('$file names only flags that exist', ({ text }) => {
    const quoted = [...text.matchAll(/`(?:labos ([a-z]+)([^`\\\n]*)|(--[a-z][^`\\\n]*))/g)]
    const wrong = quoted.flatMap(([whole, command, rest, alone]) => {
      const flags = [...(rest ?? alone ?? '').replace(/ -- .*/, '').matchAll(/(?<![\w-])--([a-z][a-z-]+)/g)]
      return flags.some(([, flag = '']) => !flagsOf(command).has(flag)) ? [whole] : []
    })
    expect(wrong).toEqual([])
    expect(flagsOf('up').size).toBeGreaterThan(30)
  })

  it.each(texts)('$file links only to files that exist', ({ file, text }) => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => join(file, '..', path ?? ''))
    expect(links.filter((path) => !existsIn(path))).toEqual([])
  })

  it('speak of no machine but the reader’s', () => {
    const tracked = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).split('\n')
    const texts = tracked.filter((file) => file !== '' && !file.endsWith('documents.test.ts') && existsIn(file))
    expect(texts.filter((file) => /\/work\/|\/root\//.test(read(file)))).toEqual([])
  })

  it('tell users of what changed since the last release', () => {
    const [, unreleased = ''] = /^## \[Unreleased\]\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(read('CHANGELOG.md')) ?? []
    const git = (...args: string[]): string => spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' }).stdout.trim()
    const release = git('describe', '--tags', '--abbrev=0', '--match', 'v*')
    const hasChanged = release === '' || git('diff', '--name-only', release, '--', 'src', 'bin', 'templates') !== ''
    if (hasChanged) expect(unreleased).toMatch(/^- /m)
  })
})

/** Of the command, or of any. */
function flagsOf(name: string | undefined): ReadonlySet<string> {
  const asked = commands.filter(({ id, hiddenAliases }) => {
    return name === undefined || id.split(':')[0] === name || hiddenAliases.includes(name)
  })
  const names = asked.flatMap(({ flags }) =>
    Object.entries(flags).flatMap(([flag, { allowNo }]) => (allowNo ? [flag, `no-${flag}`] : [flag])),
  )
  const others = name === undefined ? ['hash', 'seed'] : [] // pip's and uv's
  return new Set([...names, ...others, 'help', 'version'])
}

const existsIn = (path: string): boolean => {
  try {
    return read(path) !== ''
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EISDIR'
  }
}

describe('root help', () => {
  const help = read('dist/help.txt')

  it('is what oclif itself would say, then the exit codes', () => {
    const viaOclif = `process.argv.splice(1, 9, 'labos', '--help'); import('./dist/main.js').then((it) => it.main(process.cwd()))`
    const env = { ...process.env, NO_COLOR: '1', COLUMNS: '80', OCLIF_COLUMNS: '80' }
    const theirs = execFileSync('node', ['-e', viaOclif], { cwd: ROOT, encoding: 'utf8', env })
    expect(help.startsWith(theirs.replace(/VERSION\n.*\n\n/, '').trimEnd())).toBe(true)
  })

  it('lists every command and fits 80 columns', () => {
    for (const { id } of commands.filter((command) => !command.id.includes(':'))) expect(help).toContain(`  ${id} `)
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([])
  })
})

/** The house: who may import whom. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const SRC = resolve(import.meta.dirname, '../../src')

interface Import {
  readonly from: string
  readonly to: string
  readonly isTypeOnly: boolean
  readonly isLazy: boolean
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const imports = files.flatMap(importsOf)

function importsOf(file: string): Import[] {
  const path = join(SRC, file)
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true)
  const found: Import[] = []
  const add = (specifier: ts.Node, isTypeOnly: boolean, isLazy: boolean): void => {
    if (!ts.isStringLiteral(specifier)) return
    const isOurs = specifier.text.startsWith('.')
    const to = isOurs ? relative(SRC, resolve(dirname(path), specifier.text)).replace(/\.js$/, '.ts') : specifier.text
    found.push({ from: file, to, isTypeOnly, isLazy })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword, false)
    }
    const isImportCall = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
    if (isImportCall && node.arguments[0]) add(node.arguments[0], false, true)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const STAGES = ['provision', 'teardown', 'bootstrap', 'hub', 'serve', 'connect', 'lease', 'state']
const COMMON = ['plan', 'engines', 'errors', 'ui']
const room = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : file)

/** Rooms that a room may import from, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(STAGES.map((stage) => [stage, ['ports.ts', 'cloud-ports.ts', ...COMMON]])),
  hub: ['ports.ts', 'download', ...COMMON],
  bootstrap: ['ports.ts', 'download', 'hub', ...COMMON],
  download: ['ports.ts', 'errors', 'ui'],
  errors: [],
  plan: ['ports.ts', 'cloud-ports.ts', 'engines', 'errors', 'ui'],
  engines: ['plan'],
  ui: ['plan', 'errors', 'ports.ts'],
  'ports.ts': ['plan'],
  'cloud-ports.ts': ['plan'],
  flow: [...STAGES, ...COMMON, 'download', 'ports.ts', 'cloud-ports.ts'],
  adapters: [...COMMON, 'ports.ts', 'cloud-ports.ts', 'connect', 'serve', 'state'],
  cli: [...COMMON, 'ports.ts', 'flow', 'state', 'context.ts', 'adapters'],
  commands: ['cli', 'flow', 'state', ...COMMON],
  'context.ts': ['adapters', 'cloud-ports.ts', 'connect', 'flow', 'ports.ts', 'provision', 'state', 'ui'],
  'provider.ts': ['adapters'],
  'keeper.ts': ['adapters', 'engines', 'errors', 'flow'],
  'fast.ts': ['adapters', 'cli', 'connect', 'flow', 'state', 'ui'],
  'main.ts': ['cli', 'errors', 'plan', 'ui'],
}

const inside = imports.filter(({ to }) => files.includes(to))
const label = ({ from, to }: Import): string => `${from} -> ${to}`

describe('imports', () => {
  it('go from commands to flow to stages, and no stage knows another', () => {
    const wrong = inside.filter(({ from, to }) => room(from) !== room(to) && !ALLOWED[room(from)]?.includes(room(to)))
    expect(wrong.map(label)).toEqual([])
    expect(inside.length).toBeGreaterThan(150)
  })

  it('leave infra on its own: nothing of src is in what Pulumi runs', () => {
    const infra = resolve(SRC, '../infra')
    const texts = readdirSync(infra, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(infra, file), 'utf8'))
    expect(texts.length).toBeGreaterThan(10)
    expect(texts.filter((text) => /from '[^']*\/src\//.test(text))).toEqual([])
  })

  it('keep the plan free of node and SDKs', () => {
    const wrong = imports.filter(
      ({ from, to, isTypeOnly }) =>
        room(from) === 'plan' &&
        !isTypeOnly &&
        !files.includes(to) &&
        to !== 'fastest-levenshtein' &&
        !(room(to) === 'plan' && to.endsWith('.json')), // data
    )
    expect(wrong.map(label)).toEqual([])
  })

  it('load what is heavy only where it is used', () => {
    const heavy = /^(?:execa|ora|inquirer|undici|yaml|ssh2|@pulumi\/|@aws-sdk\/)/
    const found = imports.filter(({ to }) => heavy.test(to))
    const isLoadedLazily = (file: string): boolean =>
      inside.filter(({ to }) => to === file).every(({ isLazy }) => isLazy)
    expect(
      found.filter(({ from, isTypeOnly, isLazy }) => !isTypeOnly && !isLazy && !isLoadedLazily(from)).map(label),
    ).toEqual([])
    expect(found.some(({ isLazy }) => isLazy)).toBe(true)
  })

  it('make no circle', () => {
    const edges = new Map<string, string[]>()
    for (const { from, to, isTypeOnly } of inside) if (!isTypeOnly) edges.set(from, [...(edges.get(from) ?? []), to])
    expect(files.flatMap((file) => circleFrom(file, edges))).toEqual([])
  })
})

function circleFrom(start: string, edges: ReadonlyMap<string, readonly string[]>): string[] {
  const seen = new Set<string>()
  const open = [...(edges.get(start) ?? [])]
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (file === start) return [start]
    if (seen.has(file)) continue
    seen.add(file)
    open.push(...(edges.get(file) ?? []))
  }
  return []
}

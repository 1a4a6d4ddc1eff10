/** Small rooms: what is over the budget fails, the rest is reported with the five longest functions. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

const files = ['src', 'infra']
  .flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }).map((file) => join(room, file)),
  )
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ name: file, text: readFileSync(join(ROOT, file), 'utf8') }))
  .map(({ name, text }) => ({ name, text, lines: text.split('\n').length - 1 }))

const functions = files.flatMap(({ name, text }) => {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true)
  const found: { name: string; lines: number }[] = []
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const start = lineOf(node.getStart(source))
      found.push({ name: `${name}:${String(start + 1)}`, lines: lineOf(node.getEnd()) - start + 1 })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
})

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0

function report(what: string, values: readonly number[]): string {
  const [median, p90] = [quantile(values, 0.5), quantile(values, 0.9)]
  return `     ${String(values.length)} ${what}, lines: median ${String(median)}, p90 ${String(p90)}, max ${String(Math.max(...values))}\n`
}

it('stays within the size budget', () => {
  const lines = files.map((file) => file.lines)
  const longest = [...functions].sort((a, b) => b.lines - a.lines).slice(0, 5)
  process.stdout.write(report('files', lines))
  process.stdout.write(
    report(
      'functions',
      functions.map((found) => found.lines),
    ),
  )
  process.stdout.write(`     longest: ${longest.map((found) => `${found.name} ${String(found.lines)}`).join(', ')}\n`)
  expect(files.filter((file) => file.lines > 300).map(({ name }) => name)).toEqual([])
  expect(functions.filter((found) => found.lines > 60)).toEqual([])
  expect(quantile(lines, 0.5)).toBeLessThanOrEqual(70)
})

/** Runs the whole matrix and writes it as a document. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { startCloud } from '../cloud/cloud.js'
import { crash, type Crash, meetTrouble, type Point, pointsOf, troubles, type Verdict, victims } from './matrix.js'

interface Cell {
  readonly row: string
  readonly column: string
  readonly verdict: Verdict
}

export interface MatrixWish {
  /** Path of the document. */
  readonly out: string
  /** Environment of the CLI beside the cloud's. */
  readonly env: Readonly<Record<string, string>>
  /** Parts of the matrix: all, or those named; the others stay in the document as they are. */
  readonly parts: readonly string[]
  readonly say: (line: string) => void
}

const rowOf = ({ service, action, nth }: Point): string =>
  `${service} ${action}${nth === 0 ? '' : ` (${String(nth + 1)})`}`

/** Resolves to the number of cells that do not hold. */
export async function writeMatrix({ out, env, parts, say }: MatrixWish): Promise<number> {
  const cloud = await startCloud({ settings: { pendingMs: 150, shuttingDownMs: 150 } })
  const sections = existsSync(out) ? sectionsOf(readFileSync(out, 'utf8')) : new Map<string, string>()
  let broken = 0
  try {
    const [up, down] = [await pointsOf('up', cloud, env), await pointsOf('down', cloud, env)]
    const run = async (title: string, part: string, cells: readonly (() => Promise<Cell>)[]): Promise<void> => {
      if (parts.length > 0 && !parts.includes(part)) return
      const done: Cell[] = []
      for (const cell of cells) {
        const result = await cell()
        done.push(result)
        const { outcome, broken: why } = result.verdict
        say(
          `${part} ${String(done.length)}/${String(cells.length)} ${result.row}, ${result.column}: ${outcome} ${why.join('; ')}`,
        )
        if (outcome === 'broken') broken += 1
      }
      sections.set(title, section(title, done))
    }
    for (const command of ['up', 'down'] as const) {
      const points = command === 'up' ? up : down
      const wishes = points.flatMap((point) => crashesAt(point, command))
      await run(
        `\`kill -9\` during \`labos ${command}\``,
        `kill-${command}`,
        wishes.map((wish) => async () => ({
          row: rowOf(wish.point),
          column: `${wish.victim} ${wish.phase}, ${wish.then}`,
          verdict: await crash(wish, cloud, env),
        })),
      )
      await run(
        `Trouble with AWS during \`labos ${command}\``,
        `trouble-${command}`,
        points.flatMap((point) =>
          Object.entries(troubles).map(([column, kind]) => async () => ({
            row: rowOf(point),
            column,
            verdict: await meetTrouble(command, point, kind, cloud, env),
          })),
        ),
      )
    }
    const left = await cloud.leftovers()
    if (left.length > 0) throw new Error(`the matrix left ${left.map(({ id }) => id).join(', ')}`)
  } finally {
    await cloud.close()
  }
  writeFileSync(out, `${INTRODUCTION}\n${[...sections.values()].join('\n')}`)
  return broken
}

function crashesAt(point: Point, command: 'up' | 'down'): Crash[] {
  const who = command === 'up' ? victims : (['labos'] as const)
  const next = command === 'up' ? (['up', 'down'] as const) : (['down'] as const)
  return who.flatMap((victim) =>
    (['before', 'after'] as const).flatMap((phase) => next.map((then) => ({ command, point, phase, victim, then }))),
  )
}

/** Of the document as it is, by title; the parts that are not run anew stay. */
function sectionsOf(text: string): Map<string, string> {
  const [, ...found] = text.split(/^## /m)
  return new Map(found.map((part) => [part.slice(0, part.indexOf('\n')), `## ${part.trimEnd()}\n`]))
}

const WORDS = { held: 'held', broken: '**BROKEN**', 'not-running': '-', 'not-reached': '.' } as const

function section(title: string, cells: readonly Cell[]): string {
  const columns = [...new Set(cells.map(({ column }) => column))]
  const rows = [...new Set(cells.map(({ row }) => row))]
  const at = (row: string, column: string): string => {
    const cell = cells.find((each) => each.row === row && each.column === column)
    return cell ? WORDS[cell.verdict.outcome] : ''
  }
  const count = (outcome: Verdict['outcome']): string =>
    String(cells.filter(({ verdict }) => verdict.outcome === outcome).length)
  return [
    `## ${title}`,
    '',
    `${count('held')} of ${String(cells.length)} cells held, ${count('broken')} did not; ${count('not-running')} where the process did not run, ${count('not-reached')} where the request was not made.`,
    '',
    `| request | ${columns.join(' | ')} |`,
    `| --- |${columns.map(() => ' --- |').join('')}`,
    ...rows.map((row) => `| ${row} | ${columns.map((column) => at(row, column)).join(' | ')} |`),
    '',
  ].join('\n')
}

const INTRODUCTION = `# The crash matrix

Made by \`npm run crash-matrix\`, against the test cloud, with real Pulumi. Each row is one request to AWS of a run without a
crash, in order, all of them; polls as often as they happened to be made. Each cell is one run in which something goes wrong at
that request, then the command after the comma, and at the end always \`labos down\`.

A cell **held** when the record parsed, \`up\` again ended with exactly one machine and no lock, and \`down\` ended with exit 0,
nothing tagged left in any region and no process of the lab.

- \`before\`: the request never arrives at AWS. \`after\`: it is carried out, and its answer is lost.
- \`labos\` is the command, \`engine\` Pulumi's command line tool, \`provider\` the process that makes machines.
- \`-\`: that process did not run at that request. \`.\`: that request was not made this time.

What AWS may do and the test cloud does not: see a machine in its lists only seconds after it was made (the cloud can, but not in
this matrix), answer a token of a terminated machine otherwise, throttle by account, refuse a group's removal for minutes.
`

/** Benchmark results for a terminal: bars, or a plain table where there is none. */
import type { BenchmarkGroup, Metric, Score } from '../../plan/report/model-report.js'
import { asciiCells, barLines, blockCells } from '../../ui/bars.js'
import type { Paint } from '../../ui/paint.js'
import { columns, sideBySide, type Line } from '../../ui/text.js'
import type { Look } from './look.js'

const PANEL = 38
const GAP = 4

/** A value as the source has it; `-` where it has none. */
export const scoreText = ({ values }: Score, { id, decimals }: Metric): string => values[id]?.toFixed(decimals) ?? '-'

/** `paper, table 9; in %, AIME 2024 of 30`. */
export function sourceText({ source, metrics }: BenchmarkGroup): string {
  const others = metrics.filter(({ unit }) => unit !== '%').map(({ title, unit }) => `${title} ${unit}`)
  return `${source}; ${['in %', ...others].join(', ')}`
}

export const benchmarkLines = (group: BenchmarkGroup, paint: Paint, look: Look): string[] =>
  look === 'text' ? tableLines(group) : panelLines(group, paint, look)

function panelLines({ metrics, scores }: BenchmarkGroup, paint: Paint, look: Look): string[] {
  const panels = metrics.map((metric): Line[] => {
    const { title } = metric
    const about = `, ${metric.about}`
    return [
      { text: `  ${paint.bold(title)}${paint.dim(about)}`, columns: title.length + about.length + 2 },
      ...barLines(
        scores.map((score) => ({ label: score.label, value: score.values[metric.id] ?? null, isOwn: score.own })),
        { width: PANEL, decimals: metric.decimals, cells: look === 'blocks' ? blockCells : asciiCells, paint },
      ),
    ]
  })
  return sideBySide(panels, PANEL + GAP)
}

function tableLines({ metrics, scores }: BenchmarkGroup): string[] {
  const rows = scores.map((score) => [
    `${score.own ? '>' : ' '} ${score.label}`,
    ...metrics.map((metric) => scoreText(score, metric)),
  ])
  return columns(
    [['', ...metrics.map(({ title }) => title)], ...rows],
    metrics.map((_, index) => index + 1),
  )
}

/** The report on a model at a terminal: what decides first, details after. No line is wider than 80 columns. */
import type { ModelReport } from '../../plan/report/model-report.js'
import { formatBytes } from '../../ui/format.js'
import type { Paint } from '../../ui/paint.js'
import { bullet, columns, factLines, wrap } from '../../ui/text.js'
import { benchmarkLines, sourceText } from './benchmarks.js'
import { architectureRows, sizeRows, trainingFacts, whereText } from './facts.js'
import type { Look } from './look.js'

export function showScreen(report: ModelReport, paint: Paint, look: Look): string {
  const section = (title: string, ...lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', paint.bold(title), ...lines]
  const bullets = (texts: readonly string[]): string[] => texts.flatMap(bullet)
  return [
    paint.bold(report.title),
    paint.dim(report.id),
    '',
    ...wrap(report.summary),
    ...section('Good for', ...bullets(report.goodFor)),
    ...section('Not for', ...bullets(report.notFor)),
    ...section('Size', ...factLines(sizeRows(report))),
    ...section('How to run it', ...runLines(report, paint)),
    ...section('Results', ...indented(report.benchmarkNote)),
    ...report.benchmarks.flatMap((group) => [
      '',
      `${paint.bold(group.title)} ${paint.dim(`(${sourceText(group)})`)}`,
      ...benchmarkLines(group, paint, look),
    ]),
    ...section('Limitations', ...bullets(report.limitations)),
    ...section('Architecture', ...factLines(architectureRows(report))),
    ...section('Training', ...bullets(trainingFacts(report))),
    ...section('Context', ...bullets(report.context)),
    ...section('Fill-in-the-middle', ...bullets(report.fim), ...templateLines(report.fimTemplate, look)),
    ...section('Checkpoints for vLLM', ...checkpointLines(report, paint)),
    ...section('GGUF and Ollama', ...ggufLines(report)),
    ...section('Licences', ...report.licences.flatMap((licence) => licenceLines(licence, paint))),
    ...section('Sources', ...report.sources.flatMap(({ name, url }) => wrap(`${name}: ${url}`, '  ', '    '))),
  ].join('\n')
}

const indented = (text: string): string[] => wrap(text, '  ')

function runLines(report: ModelReport, paint: Paint): string[] {
  const where = whereText(report)
  return [
    ...columns(
      report.local.map(({ command, engine, bytes }) => [`  ${command}`, `${engine}, ${formatBytes(bytes)} of weights`]),
    ).map((line) => line.replace(/^ {2}labos up \S+(?: --engine \S+)?/, (command) => paint.cyan(command))),
    ...(where === '' ? [] : indented(where)),
  ]
}

function checkpointLines({ checkpoints }: ModelReport, paint: Paint): string[] {
  if (checkpoints.length === 0) return []
  const [head = '', ...rows] = columns(
    [
      ['  WEIGHTS', 'ON DISK', 'FILES', 'REPOSITORY'],
      ...checkpoints.map(({ precision, repo, bytes, files }) => [
        `  ${precision}`,
        formatBytes(bytes),
        files === null ? '-' : String(files),
        repo,
      ]),
    ],
    [1, 2],
  )
  const noteLines = (note: string | null): string[] =>
    note === null ? [] : wrap(note, '    ').map((line) => paint.dim(line))
  return [paint.dim(head), ...rows.flatMap((row, index) => [row, ...noteLines(checkpoints[index]?.note ?? null)])]
}

function ggufLines({ gguf }: ModelReport): string[] {
  const places = [...new Set(gguf.map(({ where }) => where))]
  return places.flatMap((place) => {
    const here = gguf.filter(({ where }) => where === place)
    const all = here.map(({ name, bytes }) => `${name} ${formatBytes(bytes)}`).join(', ')
    return [`  ${place}`, ...wrap(all, '    ')]
  })
}

function licenceLines({ of, name, facts, url }: ModelReport['licences'][number], paint: Paint): string[] {
  return [...indented(`${of}: ${name}`), ...facts.flatMap(bullet), `    ${paint.dim(url)}`]
}

/** Bars and low lines of the tokens are wide or missing outside UTF-8: there they are said in words. */
function templateLines(template: string | null, look: Look): string[] {
  if (template === null) return []
  if (look !== 'ascii') return [`    ${template}`]
  const plain = template.replaceAll('\uFF5C', '|').replaceAll('\u2581', '_')
  return [`    ${plain}`, '    where | is U+FF5C and _ in a token is U+2581']
}

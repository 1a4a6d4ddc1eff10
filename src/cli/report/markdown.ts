/** The report on a model as Markdown, with tables for what has columns. */
import type { BenchmarkGroup, ModelReport } from '../../plan/report/model-report.js'
import { formatBytes } from '../../ui/format.js'
import { scoreText, sourceText } from './benchmarks.js'
import { architectureRows, sizeRows, trainingFacts, whereText } from './facts.js'

export function reportMarkdown(report: ModelReport): string {
  const { licences, sources, fimTemplate } = report
  const blocks = [
    `# ${report.title}`,
    `\`${report.id}\``,
    report.summary,
    ...section('Good for', list(report.goodFor)),
    ...section('Not for', list(report.notFor)),
    ...section('Size', table(['', ''], sizeRows(report))),
    ...section('How to run it', runTable(report), whereText(report)),
    ...section('Results', report.benchmarkNote, ...report.benchmarks.flatMap(benchmarkBlocks)),
    ...section('Limitations', list(report.limitations)),
    ...section('Architecture', table(['', ''], architectureRows(report))),
    ...section('Training', list(trainingFacts(report))),
    ...section('Context', list(report.context)),
    ...section(
      'Fill-in-the-middle',
      list(report.fim),
      fimTemplate === null ? '' : `\`\`\`text\n${fimTemplate}\n\`\`\``,
    ),
    ...section('Checkpoints for vLLM', checkpointTable(report)),
    ...section('GGUF and Ollama', ggufTable(report)),
    ...section(
      'Licences',
      ...licences.flatMap(({ of, name, facts, url }) => [`${of}: [${name}](${url})`, list(facts)]),
    ),
    ...section('Sources', list(sources.map(({ name, url }) => `[${name}](${url})`))),
  ]
  return blocks.join('\n\n')
}

/** Nothing at all when there is nothing to say. */
function section(title: string, ...blocks: readonly string[]): string[] {
  const said = blocks.filter((block) => block !== '')
  return said.length === 0 ? [] : [`## ${title}`, ...said]
}

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n')

const runTable = ({ local }: ModelReport): string =>
  table(
    ['command', 'engine', 'weights'],
    local.map(({ command, engine, bytes }) => [`\`${command}\``, engine, formatBytes(bytes)]),
  )

const checkpointTable = ({ checkpoints }: ModelReport): string =>
  table(
    ['weights', 'on disk', 'files', 'repository', 'note'],
    checkpoints.map(({ precision, bytes, files, repo, url, note }) => [
      precision,
      formatBytes(bytes),
      files === null ? '-' : String(files),
      `[${repo}](${url})`,
      note ?? '',
    ]),
  )

const ggufTable = ({ gguf }: ModelReport): string =>
  table(
    ['name', 'on disk', 'where'],
    gguf.map(({ name, bytes, where }) => [`\`${name}\``, formatBytes(bytes), where]),
  )

function benchmarkBlocks(group: BenchmarkGroup): string[] {
  const strong = (text: string, own: boolean): string => (own ? `**${text}**` : text)
  return [
    `### ${group.title}`,
    `Source: ${sourceText(group)}.`,
    table(
      ['model', ...group.metrics.map(({ title }) => title)],
      group.scores.map((score) => [
        strong(score.model, score.own),
        ...group.metrics.map((metric) => strong(scoreText(score, metric), score.own)),
      ]),
    ),
  ]
}

/** Nothing where there are no rows. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

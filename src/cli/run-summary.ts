/** A run as Markdown, for the summary of a CI job. Pure. */
import type { LabosError } from '../errors/labos-error.js'
import type { RunReport } from '../flow/run/report.js'
import { formatDuration, formatUsd, formatUsdOr } from '../ui/format.js'
import { endText } from '../ui/lines.js'

export function runSummary(report: RunReport, error: LabosError | undefined): string {
  const { command, elapsedMs, lab, model, name, upMs, usd } = report
  const rows: [string, string][] = [
    ['model', `${model}${lab?.engine === undefined ? '' : `, ${lab.engine}`}`],
    ['lab', name],
    ['machine', machineText(report)],
    ['price', typeof lab?.usdPerHour !== 'number' ? 'not known' : `${formatUsd(lab.usdPerHour)}/h`],
    ['up', lab ? `in ${formatDuration(upMs)}` : `it did not come up, ${formatDuration(upMs)}`],
    ['command', command ? `${command.program}: ${endText(command)}, ${formatDuration(command.elapsedMs)}` : 'not run'],
    ['in all', formatDuration(elapsedMs)],
    ['cost', formatUsdOr(usd, 'not known')],
    ['removed', removedText(report)],
  ]
  const table = ['| | |', '| --- | --- |', ...rows.map(([label, text]) => `| ${label} | ${cell(text)} |`)]
  return `### labos run ${cell(model)}\n\n${table.join('\n')}\n\n${error ? errorText(error) : ''}`
}

function machineText({ lab }: RunReport): string {
  if (!lab) return 'none that served'
  const { machine } = lab
  return machine ? `${machine.instanceType} in ${machine.zone} (${machine.market}), ${machine.id}` : 'this computer'
}

function removedText({ down }: RunReport): string {
  if (!down) return 'NOT ALL: see the error below'
  if (down.outcome === 'not-found') return 'there was nothing left to remove'
  const things = (down.removed ?? []).map(({ kind, id, region }) => `${kind.replaceAll('-', ' ')} ${id} (${region})`)
  return things.length === 0 ? 'all of it: no process, no port, no record' : things.join(', ')
}

const errorText = ({ code, message, aftermath, suggestions }: LabosError): string =>
  [
    `**${code}**: ${cell(message)}${aftermath === undefined ? '' : ` ${cell(aftermath)}`}`,
    '',
    ...suggestions.map((text) => `- ${text}`),
    '',
    '',
  ].join('\n')

/** What would end a cell of a table, or begin HTML. */
const cell = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('|', String.raw`\|`)
    .replaceAll(/\s*\n\s*/g, ' ')

/** What `down`, `gc` and their like did, as text for people. */
import type { DownResult } from '../flow/down-result.js'
import { formatUsd } from '../ui/format.js'
import { columns } from '../ui/text.js'

export const downScreen = (labs: readonly DownResult[]): string =>
  labs.length === 0 ? 'There is no lab.' : labs.map(downText).join('\n')

function downText(result: DownResult): string {
  const { name, outcome, purged, recordSetAside, removed = [] } = result
  if (outcome === 'forgotten') return `${name} is forgotten here; what is left of it on its host is not known.`
  if (outcome === 'undone') return `${name} is gone: its \`labos up\` was stopped, and has removed what it had made.`
  if (outcome === 'not-found') return `${name}: there is no such lab.`
  const lines = [
    outcome === 'ending'
      ? `${name} was told to end; that it has is not proven: \`labos down ${name}\` does. ${costText(result)}`
      : `${name} is gone. ${costText(result)}`,
    ...columns(removed.map(({ kind, id, region }) => [`  removed ${kind.replaceAll('-', ' ')}`, id, region])),
    ...(recordSetAside === undefined ? [] : [`  damaged record kept as ${recordSetAside}`]),
    ...purged.map((path) => `  removed ${path}`),
  ]
  return lines.join('\n')
}

function costText({ usd, usdIs }: DownResult): string {
  if (usd === null) return 'What it cost is not known.'
  if (usdIs === 'at-most') return `It cost ${formatUsd(usd)} at most: it had ended before.`
  if (usd === 0) return 'It cost nothing.'
  if (usdIs === 'estimate') return `It cost about ${formatUsd(usd)}: without a record that is an estimate.`
  return `It cost ${formatUsd(usd)}.`
}

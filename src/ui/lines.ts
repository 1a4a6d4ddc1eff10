/** Events as lines of text. Pure; the reporters decide when to show them. */
import { formatBytes, formatDuration, formatGiB, formatUsd } from './format.js'
import type { Plan } from '../plan/plan.js'
import type { LabosEvent } from './events.js'

type Progress = Extract<LabosEvent, { type: 'progress' }>

/** `41 of 93 MB, 12 MB/s, 4 s left`. */
export function progressText({ doneBytes, totalBytes, bytesPerSecond, etaMs }: Progress): string {
  const parts = [
    totalBytes === undefined ? formatBytes(doneBytes) : `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`,
    ...(bytesPerSecond > 0 ? [`${formatBytes(bytesPerSecond)}/s`] : []),
    ...(etaMs === undefined ? [] : [`${formatDuration(etaMs)} left`]),
  ]
  return parts.join(', ')
}

/** How the command of `labos run` ended: `exit 3`, `SIGTERM, exit 143`. */
export const endText = ({ exitCode, signal }: { readonly exitCode: number; readonly signal?: string }): string =>
  signal === undefined ? `exit ${String(exitCode)}` : `${signal}, exit ${String(exitCode)}`

/** Two columns: a label and what it says, for the plan, the closing screen and `status`. */
export function rows(pairs: readonly (readonly [string, string | undefined])[]): string {
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined)
  const width = Math.max(...shown.map(([label]) => label.length))
  return shown.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`).join('\n')
}

/** A plan as the user agrees to it. */
export function planText(plan: Plan): string {
  const { memory } = plan
  const sum = `${formatGiB(memory.weightsGiB)} weights + ${formatGiB(memory.kvCacheGiB)} KV cache + ${formatGiB(memory.overheadGiB)} engine`
  return rows([
    ['model', plan.model.title],
    ['weights', `${formatBytes(plan.model.weightsBytes)}, ${plan.model.licence}`],
    ['memory', `${formatGiB(memory.totalGiB)} = ${sum}`],
    ['context', `${String(plan.contextTokens)} tokens, ${String(plan.parallel)} requests at a time`],
    ['engine', `${plan.engine} on this computer, ${String(plan.threads)} thread${plan.threads === 1 ? '' : 's'}`],
    ['endpoint', `http://127.0.0.1:${String(plan.port)}/v1`],
    ['download', downloadText(plan)],
    ['ends', leaseText(plan)],
    ['price', `${formatUsd(plan.usdPerHour)}/h`],
    ...plan.notes.map((note) => ['note', note] as const),
  ])
}

const downloadText = ({ downloads }: Plan): string =>
  downloads.length === 0
    ? 'nothing, all is here'
    : downloads.map(({ what, bytes, from }) => `${formatBytes(bytes)} ${what}, ${from}`).join('\n            ')

/** When a lab of this plan ends by itself. */
export function leaseText({ lease }: Plan): string {
  const parts = [
    ...(lease.withCommand ? ['with its command'] : []),
    ...(lease.ttlMs === undefined ? [] : [`after ${formatDuration(lease.ttlMs)}`]),
    ...(lease.idleMs === undefined ? [] : [`after ${formatDuration(lease.idleMs)} without a request`]),
  ]
  return parts.length === 0 ? 'when you run `labos down`' : `${parts.join(', or ')}, or with \`labos down\``
}

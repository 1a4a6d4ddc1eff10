import { filesText, type PullResult } from '../flow/pull.js'
import { formatBytes, formatDuration } from '../ui/format.js'
import type { Paint } from '../ui/paint.js'
import { columns, factLines } from '../ui/text.js'

/** What was pulled, where it lies; with `dryRun` each file. */
export function pullScreen(result: PullResult, paint: Paint, dryRun: boolean): string {
  const { repo, commit, folder, files, bytes, fetchedBytes, elapsedMs, others } = result
  const here = files.filter(({ state }) => state === 'present').length
  const headline = dryRun ? `${repo} would go to ${folder}` : `${repo} is in ${folder}`
  const missing = files.filter(({ state }) => state === 'missing').reduce((sum, file) => sum + file.bytes, 0)
  const work = dryRun
    ? `${formatBytes(missing)} to fetch at most`
    : fetchedBytes === 0
      ? 'nothing to fetch'
      : `${formatBytes(fetchedBytes)} fetched in ${formatDuration(elapsedMs)}`
  return [
    ...(dryRun
      ? [
          ...columns(
            files.map(({ path, bytes: size, state }) => [path, formatBytes(size), state]),
            [1],
          ),
          '',
        ]
      : []),
    paint.bold(headline),
    '',
    ...factLines([
      ['files', `${filesText(files.length)}, ${formatBytes(bytes)}; ${String(here)} here already, ${work}`],
      ['commit', `${commit}, every file checked${dryRun ? ' when it is fetched' : ' against the hub'}`],
      ...(others.length === 0 ? [] : [['also', `in other precisions: ${others.join(', ')}`] as const]),
    ]),
  ].join('\n')
}

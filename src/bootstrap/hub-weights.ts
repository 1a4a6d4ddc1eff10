/** One file from the Hugging Face hub: resumed where it stopped, checked against what the hub declares. */
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { LabosError } from '../errors/labos-error.js'
import type { WeightsSource } from '../plan/plan.js'
import { formatBytes, formatDuration } from '../ui/format.js'
import { markChecked, sha256Of } from '../download/checksum.js'
import type { BootstrapDeps } from './deps.js'
import { checkRoom } from '../download/disk-room.js'
import { describeHubFile, type HubFile } from '../hub/hub-file.js'
import { resumeDownload } from '../download/resume-download.js'
import { inStep, type StepResult } from './step.js'

type HubSource = Extract<WeightsSource, { kind: 'hub' }>

/**
 * Resolves when the file is there and checked. What came so far is kept as `.part`, whatever happens, and used the next
 * time; only one labos at a time writes it. Throws `network.download`, `weights.damaged`, `disk.short`.
 */
export async function fetchFromHub(
  source: HubSource,
  path: string,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<void> {
  const onWait = (): void => {
    deps.emit({ type: 'note', step: 'weights', text: `another labos is fetching ${basename(path)}; waiting for it` })
  }
  const release = await deps.hold?.(`${path}.lock`, onWait, signal)
  try {
    await inStep('weights', `downloading ${basename(path)}`, deps, signal, () => fetchHeld(source, path, deps, signal))
  } finally {
    await release?.()
  }
}

async function fetchHeld(
  source: HubSource,
  path: string,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<StepResult<undefined>> {
  const file = await describeHubFile(source, deps, signal)
  const name = basename(path)
  if (await isThere(path, file, signal)) {
    await markChecked(path, file.sha256)
    return { value: undefined, text: `${name}, here already` }
  }
  const part = `${path}.part`
  const haveBytes = await openPart(part, file)
  await checkRoom(dirname(path), file.bytes - haveBytes, name)
  const sinceMs = deps.clock.monotonicMs()
  await resumeDownload({ url: file.url, headers: file.headers, part, totalBytes: file.bytes, what: name }, deps, signal)
  const tookMs = deps.clock.monotonicMs() - sinceMs
  await accept(part, path, file, signal)
  return { value: undefined, text: `${name}, ${formatBytes(file.bytes - haveBytes)} in ${formatDuration(tookMs)}` }
}

/** Another labos may have just made it, or its mark was lost. */
async function isThere(path: string, { bytes, sha256 }: HubFile, signal: AbortSignal): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.size === bytes && (await sha256Of(path, signal)) === sha256
}

/** Bytes that are there already. A part of another version of the file is of no use. */
async function openPart(part: string, { sha256, bytes }: HubFile): Promise<number> {
  const from = await readFile(`${part}.from`, 'utf8').catch(() => '')
  const { size } = await stat(part).catch(() => ({ size: 0 }))
  if (from === sha256 && size <= bytes) return size
  await rm(part, { force: true })
  await writeFile(`${part}.from`, sha256)
  return 0
}

async function accept(part: string, path: string, file: HubFile, signal: AbortSignal): Promise<void> {
  const sha256 = await sha256Of(part, signal)
  if (sha256 !== file.sha256) {
    await rm(part, { force: true })
    throw damaged(path, sha256, file)
  }
  // Marked before it appears: a file under its final name is a checked one.
  await markChecked(part, sha256, path)
  await rename(part, path)
  await rm(`${part}.from`, { force: true })
}

const damaged = (path: string, sha256: string, file: HubFile): LabosError =>
  new LabosError(
    'weights.damaged',
    `${basename(path)} came with sha256 ${sha256.slice(0, 12)}, the hub declares ${file.sha256.slice(0, 12)}; it was removed.`,
    {
      suggestions: [
        'Run the same command again: it is fetched anew.',
        'If it stays so, check HF_ENDPOINT: the mirror serves another file.',
      ],
    },
  )

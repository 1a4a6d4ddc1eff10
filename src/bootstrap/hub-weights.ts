/** One file from the Hugging Face hub: resumed where it stopped, checked against what the hub declares. */
import { createWriteStream } from 'node:fs'
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { LabosError } from '../errors/labos-error.js'
import type { WeightsSource } from '../plan/plan.js'
import { formatBytes } from '../ui/format.js'
import { meter, type Meter } from '../ui/meter.js'
import { markChecked, sha256Of } from './checksum.js'
import type { BootstrapDeps } from './deps.js'

type HubSource = Extract<WeightsSource, { kind: 'hub' }>

/** What the hub says of a file before it is fetched. */
interface HubFile {
  readonly url: string
  readonly bytes: number
  /** sha256 of files in large-file storage, which all weights are. */
  readonly sha256: string
  readonly commit: string
}

const TRIES = 5
const FIRST_DELAY_MS = 1000
const STALL_MS = 60_000

/** Blocks until the file is there and checked. Throws `network.download`, `weights.damaged`; what came so far is kept as `.part`. */
export async function fetchFromHub(
  source: HubSource,
  path: string,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<void> {
  const since = deps.clock.monotonicMs()
  const name = basename(path)
  deps.emit({ type: 'start', step: 'weights', text: `asking the hub for ${name}` })
  await mkdir(dirname(path), { recursive: true })
  const file = await describe(source, deps, signal)
  await download(file, path, deps, signal)
  if ((await sha256Of(`${path}.part`, signal)) !== file.sha256) {
    await rm(`${path}.part`)
    throw new LabosError(
      'weights.damaged',
      `${name} as downloaded does not match the checksum that the hub declares.`,
      {
        suggestions: [
          'Run the same command again: it is fetched anew.',
          'If it stays so, check HF_ENDPOINT: the mirror serves another file.',
        ],
      },
    )
  }
  await rename(`${path}.part`, path)
  await rm(`${path}.part.from`, { force: true })
  await markChecked(path, file.sha256)
  deps.emit({
    type: 'done',
    step: 'weights',
    text: `${name}, ${formatBytes(file.bytes)}, commit ${file.commit.slice(0, 7)}`,
    elapsedMs: deps.clock.monotonicMs() - since,
  })
}

function headersFor(env: BootstrapDeps['env']): Record<string, string> {
  const token = env['HF_TOKEN']
  return token ? { authorization: `Bearer ${token}` } : {}
}

async function describe(
  { repo, revision, file }: HubSource,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<HubFile> {
  const base = (deps.env['HF_ENDPOINT'] ?? 'https://huggingface.co').replace(/\/$/, '')
  const url = `${base}/${repo}/resolve/${revision}/${file}`
  // The hub answers with a redirect to its storage; what it knows of the file is on the redirect itself.
  const response = await deps
    .fetch(url, { method: 'HEAD', redirect: 'manual', headers: headersFor(deps.env), signal })
    .catch((error: unknown) => {
      signal.throwIfAborted()
      throw unreachable(url, reasonOf(error))
    })
  if (response.status === 401 || response.status === 403) throw gated(repo, response.status)
  const sha256 = response.headers.get('x-linked-etag')?.replaceAll('"', '')
  const bytes = Number(response.headers.get('x-linked-size') ?? response.headers.get('content-length'))
  if (response.status >= 400 || !sha256 || !(bytes > 0))
    throw unreachable(url, `HTTP ${String(response.status)} without the file's size and checksum`)
  return { url, bytes, sha256, commit: response.headers.get('x-repo-commit') ?? revision }
}

/** Several tries, each going on where the last one ended; only tries in a row without a new byte count. */
async function download(file: HubFile, path: string, deps: BootstrapDeps, signal: AbortSignal): Promise<void> {
  const part = `${path}.part`
  await dropForeignPart(part, file.sha256)
  let have = await sizeOf(part)
  const shown = meter('weights', file.bytes, deps.emit, deps.clock, have)
  for (let fruitless = 0; have < file.bytes;) {
    const why = await attempt(file, part, have, shown, deps, signal)
    const now = await sizeOf(part)
    fruitless = now > have ? 0 : fruitless + 1
    have = now
    if (have >= file.bytes) return
    if (fruitless >= TRIES) throw unreachable(file.url, why ?? 'the download ended early')
    const delayMs = FIRST_DELAY_MS * 2 ** fruitless
    deps.emit({
      type: 'retry',
      step: 'weights',
      attempt: fruitless + 1,
      reason: why ?? 'the download ended early',
      delayMs,
    })
    await deps.clock.sleep(delayMs, signal)
  }
}

/** A part of another version of the file is of no use. */
async function dropForeignPart(part: string, sha256: string): Promise<void> {
  const from = await readFile(`${part}.from`, 'utf8').catch(() => '')
  if (from !== sha256) await rm(part, { force: true })
  await writeFile(`${part}.from`, sha256)
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

/** Resolves to why it ended, or undefined when the answer came to its end. Throws only what is not worth another try. */
async function attempt(
  file: HubFile,
  part: string,
  have: number,
  shown: Meter,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<string | undefined> {
  const stall = stallClock(deps)
  try {
    const range = have > 0 ? { range: `bytes=${String(have)}-` } : {}
    const response = await deps.fetch(file.url, {
      headers: { ...headersFor(deps.env), ...range },
      signal: AbortSignal.any([signal, stall.signal]),
    })
    if (!response.ok || !response.body) return `HTTP ${String(response.status)}`
    const from = response.status === 206 ? have : 0
    await pipeline(
      counted(response.body, from, shown, stall.touch),
      createWriteStream(part, { flags: from > 0 ? 'a' : 'w' }),
    )
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EACCES')) throw error
    return stall.signal.aborted
      ? `no byte came for ${String(STALL_MS / 1000)} s`
      : error instanceof Error
        ? error.message
        : String(error)
  } finally {
    stall.stop()
  }
}

async function* counted(
  body: ReadableStream<Uint8Array>,
  from: number,
  shown: Meter,
  touch: () => void,
): AsyncGenerator<Uint8Array> {
  let done = from
  for await (const piece of body) {
    touch()
    done += piece.length
    shown.at(done)
    yield piece
  }
}

/** Aborts when it was not touched for a minute. */
function stallClock({ clock }: BootstrapDeps): { readonly signal: AbortSignal; touch(): void; stop(): void } {
  const stalled = new AbortController()
  const over = new AbortController()
  let touchedMs = clock.monotonicMs()
  const watch = async (): Promise<void> => {
    while (clock.monotonicMs() - touchedMs < STALL_MS)
      await clock.sleep(STALL_MS - (clock.monotonicMs() - touchedMs), over.signal)
    stalled.abort(new Error('stalled'))
  }
  watch().catch(() => undefined) // stopped
  return { signal: stalled.signal, touch: () => (touchedMs = clock.monotonicMs()), stop: () => over.abort() }
}

const unreachable = (url: string, why: string): LabosError =>
  new LabosError('network.download', `${url} could not be downloaded: ${why}.`, {
    suggestions: [
      'Check the network; behind a proxy set HTTPS_PROXY, for a mirror HF_ENDPOINT.',
      'Then run the same command again: it goes on where it stopped.',
    ],
  })

const gated = (repo: string, status: number): LabosError =>
  new LabosError('network.download', `The hub does not let you read ${repo} (HTTP ${String(status)}).`, {
    suggestions: [`Accept its terms at https://huggingface.co/${repo} and set HF_TOKEN to a token of yours.`],
  })

/** fetch says only "fetch failed"; the reason is its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}

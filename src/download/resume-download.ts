/** A large file over an unsteady connection: goes on where it stopped, within one run and from run to run. */
import { open, stat, type FileHandle } from 'node:fs/promises'
import { fromFileSystem } from '../errors/from-system.js'
import { LabosError } from '../errors/labos-error.js'
import type { Clock } from '../ports.js'
import { formatDuration } from '../ui/format.js'
import { meter, type Meter } from '../ui/meter.js'
import type { DownloadDeps } from './deps.js'
import type { RunningDigest } from './running-digest.js'
import { unreachable } from './unreachable.js'
import { networkReason } from './network-reason.js'
import { LONGEST_DELAY_MS, retryAfterMs } from './retry-after.js'
import { stallWatch, type StallWatch } from './stall.js'

export interface ResumeWish {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** File that takes the bytes; what is in it already is the beginning of the content. */
  readonly part: string
  readonly totalBytes: number
  /** Name for people. */
  readonly what: string
  /** Gets the bytes that go to the file. */
  readonly digest?: RunningDigest
  /** Told how many bytes are there; without it the download has a meter of its own. */
  readonly onBytes?: (doneBytes: number) => void
  /** Shown an answer without content first; a `LabosError` that it throws is the end. */
  readonly refuse?: (response: Response) => void
}

/** Tries in a row that bring nothing. One that brings bytes starts the count anew. */
const FRUITLESS = 5
const STALL_MS = 60_000

/** Resolves when `part` has all its bytes. Throws `network.download`, `disk.short`; `part` is kept. */
export async function resumeDownload(wish: ResumeWish, deps: DownloadDeps, signal: AbortSignal): Promise<void> {
  let have = await sizeOf(wish.part)
  let most = have
  const shown: Meter = wish.onBytes
    ? { at: wish.onBytes }
    : meter('weights', wish.totalBytes, deps.emit, deps.clock, have)
  for (let fruitless = 0; have < wish.totalBytes;) {
    const ended = await tryOnce(wish, have, shown, deps, signal)
    const now = await sizeOf(wish.part)
    // A storage that knows no ranges begins anew: getting back what was there once is no progress.
    fruitless = now > most ? 0 : fruitless + 1
    most = Math.max(most, now)
    have = now
    if (have >= wish.totalBytes) return
    if (fruitless >= FRUITLESS || ended.isFinal) throw unreachable(wish.url, ended.why)
    const delayMs = ended.delayMs ?? Math.min(LONGEST_DELAY_MS, 1000 * 2 ** fruitless)
    deps.emit({ type: 'retry', step: 'weights', attempt: fruitless + 1, reason: ended.why, delayMs })
    await deps.clock.sleep(delayMs, signal)
  }
}

interface Ended {
  readonly why: string
  /** True when another try would end the same way. */
  readonly isFinal?: boolean
  /** What the server asks for. */
  readonly delayMs?: number
}

async function tryOnce(
  wish: ResumeWish,
  have: number,
  shown: Meter,
  deps: DownloadDeps,
  signal: AbortSignal,
): Promise<Ended> {
  const watch = stallWatch(STALL_MS, deps.clock, signal)
  try {
    const range = have > 0 ? { range: `bytes=${String(have)}-` } : {}
    const response = await deps.fetch(wish.url, { headers: { ...wish.headers, ...range }, signal: watch.signal })
    if (!response.ok || !response.body) return refusal(response, wish)
    const goesOn = response.status === 206 && startOf(response) === have
    if (response.status === 206 && !goesOn) return { why: 'it sent another part of the file than asked for' }
    const from = goesOn ? have : 0
    await wish.digest?.catchUp(wish.part, from, signal)
    return await write(wish, from, response.body, shown, watch, deps.clock)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof LabosError) throw error
    if (error instanceof DiskTrouble) throw fromFileSystem(error.cause, wish.part)
    return { why: watch.isStalled() ? `nothing came for ${formatDuration(STALL_MS)}` : networkReason(error) }
  } finally {
    watch.stop()
  }
}

function refusal(response: Response, { refuse }: ResumeWish): Ended {
  refuse?.(response)
  const { status, headers } = response
  const delayMs = retryAfterMs(headers)
  return {
    why: `it answered HTTP ${String(status)}`,
    isFinal: status < 500 && ![403, 408, 416, 429].includes(status), // 403: a signed address that ran out is asked for anew
    ...(delayMs === undefined ? {} : { delayMs }),
  }
}

const startOf = ({ headers }: Response): number =>
  Number(/^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1] ?? NaN)

async function write(
  { part, totalBytes, digest }: ResumeWish,
  from: number,
  body: ReadableStream<Uint8Array>,
  shown: Meter,
  watch: StallWatch,
  clock: Clock,
): Promise<Ended> {
  const file = await open(part, from > 0 ? 'a' : 'w', 0o600).catch(disk)
  let done = from
  const save = async (pieces: readonly Uint8Array[]): Promise<void> => {
    const saved = writeAll(file, pieces)
    for (const piece of pieces) digest?.add(piece) // while the system writes
    await saved.catch(disk)
    done += pieces.reduce((sum, { length }) => sum + length, 0)
    shown.at(done)
  }
  try {
    for await (const pieces of gathered(body, watch, clock)) {
      await save(pieces)
      if (done > totalBytes) return { why: 'more came than the file has', isFinal: true }
    }
    return { why: 'the connection ended early' }
  } finally {
    await close(file)
  }
}

async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const { bytesWritten } = await file.writev(pieces)
  const all = pieces.reduce((sum, { length }) => sum + length, 0)
  if (bytesWritten < all) await file.writeFile(Buffer.concat(pieces).subarray(bytesWritten))
}

const GATHER_BYTES = 1 << 20
/** A slow line is seen to move. */
const GATHER_MS = 200

/** Small pieces together: a write for each would cost more than the bytes. What came before a break is given on. */
async function* gathered(
  body: ReadableStream<Uint8Array>,
  watch: StallWatch,
  clock: Clock,
): AsyncGenerator<readonly Uint8Array[]> {
  let pieces: Uint8Array[] = []
  let bytes = 0
  let sinceMs = clock.monotonicMs()
  let broken: { readonly error: unknown } | undefined
  try {
    for await (const piece of body) {
      watch.touch()
      pieces.push(piece)
      bytes += piece.length
      if (bytes < GATHER_BYTES && clock.monotonicMs() - sinceMs < GATHER_MS) continue
      yield pieces
      pieces = []
      bytes = 0
      sinceMs = clock.monotonicMs()
    }
  } catch (error) {
    if (error instanceof DiskTrouble) throw error
    broken = { error }
  }
  if (bytes > 0) yield pieces
  if (broken) throw broken.error
}

/** On disk before it is called whole: a power cut must not leave a hole in what is resumed later. */
const close = async (file: FileHandle): Promise<void> => {
  await file.sync().catch(() => undefined)
  await file.close()
}

/** Tells trouble with our file from trouble with the network; both have system codes. */
class DiskTrouble extends Error {}

const disk = (cause: unknown): never => {
  throw new DiskTrouble('the file could not be written', { cause })
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

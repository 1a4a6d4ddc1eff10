import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import * as z from 'zod/mini'
import { fromFileSystem, systemCode } from '../errors/from-system.js'
import { throwIfAborted } from '../errors/interrupted.js'
import { LabosError } from '../errors/labos-error.js'
import type { Clock, ProcessRef, Processes } from '../ports.js'
import { formatDuration } from '../ui/format.js'

const lockHolder = z.object({ pid: z.number(), startTime: z.string(), command: z.string(), at: z.number() })
export type LockHolder = z.infer<typeof lockHolder>

export interface LockDeps {
  readonly clock: Clock
  readonly processes: Processes
  readonly self: ProcessRef
}

export interface LockWish {
  /** What to tell others, for example `labos up smollm2`. */
  readonly command: string
  /** What is locked, in words. Default: `this lab`. */
  readonly what?: string
  /** How long to wait for another holder; 0 = refuse at once. */
  readonly waitMs: number
  /** Called once, when the wait begins. */
  readonly onWait?: (holder: LockHolder) => void
}

const POLL_MS = 200

/**
 * Takes the lock, waiting for a living holder up to `waitMs`; a lock left by a process that is gone is taken over.
 * Resolves to its release. Throws `lab.busy` when the wait is over.
 */
export async function takeLock(
  path: string,
  wish: LockWish,
  deps: LockDeps,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const since = deps.clock.monotonicMs()
  let told = false
  for (;;) {
    throwIfAborted(signal)
    const mine: LockHolder = { ...deps.self, command: wish.command, at: deps.clock.now() }
    if (await tryCreate(path, mine)) return () => release(path, mine)
    const found = await readHolder(path)
    if (found === 'gone') continue
    const isLeft = found === 'unreadable' || !(await deps.processes.isAlive(found))
    const holder = isLeft ? await breakLock(path, found, mine, deps) : found
    if (!holder) continue
    if (deps.clock.monotonicMs() - since >= wish.waitMs) throw busy(holder, wish.what ?? 'this lab', deps.clock.now())
    if (!told && !isLeft) wish.onWait?.(holder)
    told ||= !isLeft
    await deps.clock.sleep(POLL_MS, signal)
  }
}

async function tryCreate(path: string, mine: LockHolder): Promise<boolean> {
  // Written whole elsewhere, then linked: nobody ever reads a half-written lock.
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await open(draft, 'wx', 0o600)
    await file.writeFile(JSON.stringify(mine)).finally(() => file.close())
    await link(draft, path)
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw fromFileSystem(error, path)
  } finally {
    await rm(draft, { force: true }).catch(() => undefined)
  }
}

async function readHolder(path: string): Promise<LockHolder | 'gone' | 'unreadable'> {
  try {
    const parsed = lockHolder.safeParse(JSON.parse(await readFile(path, 'utf8')))
    return parsed.success ? parsed.data : 'unreadable'
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? 'gone' : 'unreadable'
  }
}

/**
 * Removes a dead holder's lock, one process at a time: between the look and the removal nobody else can have replaced it.
 * Resolves to the living process that is at it, if there is one.
 */
async function breakLock(
  path: string,
  dead: LockHolder | 'unreadable',
  mine: LockHolder,
  { processes }: LockDeps,
): Promise<LockHolder | undefined> {
  const guard = `${path}.break`
  if (!(await tryCreate(guard, mine))) {
    const other = await readHolder(guard)
    if (other === 'gone') return undefined
    if (other !== 'unreadable' && (await processes.isAlive(other))) return other
    await rm(guard, { force: true }) // its process was killed in the middle of this
    return undefined
  }
  try {
    if (JSON.stringify(await readHolder(path)) === JSON.stringify(dead)) await rm(path, { force: true })
  } finally {
    await release(guard, mine)
  }
  return undefined
}

async function release(path: string, mine: LockHolder): Promise<void> {
  const holder = await readHolder(path)
  if (typeof holder === 'object' && holder.pid === mine.pid && holder.startTime === mine.startTime)
    await rm(path, { force: true })
}

const busy = (holder: LockHolder, what: string, nowMs: number): LabosError =>
  new LabosError(
    'lab.busy',
    `\`${holder.command}\` (pid ${String(holder.pid)}) has been working on ${what} for ${formatDuration(nowMs - holder.at)}.`,
    {
      suggestions: [
        'Wait until it is done and run the command again.',
        'Or end it with Ctrl-C where it runs: it stops safely.',
      ],
    },
  )

import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { codes, type ErrorCode } from '../errors/codes.js'
import { LabosError } from '../errors/labos-error.js'
import type { KeeperLauncher, ProcessRef, Processes } from '../ports.js'

/** What a keeper tells whoever started it, over the IPC channel, once. */
export type KeeperWord =
  | { readonly type: 'listening' }
  | { readonly type: 'error'; readonly code: string; readonly message: string; readonly suggestions: readonly string[] }

export interface KeeperProgram {
  /** Absolute path of the keeper's entry file. */
  readonly entry: string
  /** argv for a lab. */
  args(name: string): readonly string[]
  logOf(name: string): string
}

/** Starts keepers with this Node.js, detached: own session, output to a log file, nothing inherited from the terminal. */
export const keeperLauncher = (program: KeeperProgram, processes: Processes): KeeperLauncher => ({
  launch: async (name, signal) => {
    const child = start(program, name)
    try {
      await firstWord(child, signal)
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
    child.disconnect()
    child.unref()
    return await refOf(child, processes, program.logOf(name))
  },
})

function start(program: KeeperProgram, name: string): ChildProcess {
  const path = program.logOf(name)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const log = openSync(path, 'a', 0o600)
  try {
    return spawn(process.execPath, [program.entry, ...program.args(name)], {
      detached: true,
      windowsHide: true,
      cwd: dirname(process.execPath), // a folder that stays: not the user's, not the lab's
      stdio: ['ignore', log, log, 'ipc'],
    })
  } finally {
    closeSync(log)
  }
}

const firstWord = (child: ChildProcess, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    child.once('message', (word) => {
      signal.removeEventListener('abort', onAbort)
      const said = word as KeeperWord
      if (said.type === 'listening') resolve()
      else reject(fromWord(said))
    })
    child.once('error', (error) => reject(failed(error.message)))
    child.once('exit', (code, by) => reject(failed(`it ended at once (${by ?? `exit ${String(code)}`})`)))
  })

async function refOf(child: ChildProcess, processes: Processes, log: string): Promise<ProcessRef> {
  const ref = child.pid === undefined ? undefined : await processes.find(child.pid)
  if (!ref) throw failed(`it ended right after it began; ${log} says why`)
  return ref
}

function fromWord({
  code,
  message,
  suggestions: [first, ...rest],
}: Extract<KeeperWord, { type: 'error' }>): LabosError {
  const known: ErrorCode = code in codes ? (code as ErrorCode) : 'keeper.failed'
  return new LabosError(known, message, {
    suggestions: [first ?? "Read the keeper's log: `labos logs keeper`.", ...rest],
  })
}

const failed = (why: string): LabosError =>
  new LabosError('keeper.failed', `The keeper did not start: ${why}.`, {
    suggestions: ['Read its log: `labos logs keeper`.'],
  })

import { constants as fileModes } from 'node:fs'
import { access } from 'node:fs/promises'
import { connect } from 'node:net'
import { constants } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Command, CommandResult, Machine } from '../ports.js'

const KILL_AFTER_MS = 5000
const KEPT_CHARACTERS = 1_000_000

/** This computer as a machine. */
export const localMachine = (): Machine => ({
  run,
  which,
  dial: (port) => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.setNoDelay(true)
    return socket
  },
})

async function run({ argv, env, cwd, onLine }: Command, signal?: AbortSignal): Promise<CommandResult> {
  signal?.throwIfAborted()
  const { execa } = await import('execa')
  const [program, ...args] = argv
  const child = execa(program, args, {
    reject: false,
    stdin: 'ignore',
    windowsHide: true,
    forceKillAfterDelay: KILL_AFTER_MS,
    maxBuffer: KEPT_CHARACTERS,
    ...(env ? { env } : {}),
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal ? { cancelSignal: signal } : {}),
  })
  if (onLine) for (const stream of [child.stdout, child.stderr]) linesOf(stream, onLine)
  const result = await child
  if (signal?.aborted) throw signal.reason
  if (result.exitCode === undefined && result.signal === undefined && !result.isMaxBuffer) throw result
  return { exitCode: exitCodeOf(result), stdout: result.stdout, stderr: result.stderr }
}

/** An end by signal is 128 and its number, as shells count it: never 0. */
const exitCodeOf = ({ exitCode, signal }: { exitCode?: number; signal?: NodeJS.Signals }): number =>
  exitCode ?? 128 + (signal === undefined ? 0 : constants.signals[signal])

function linesOf(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let partial = ''
  stream.on('data', (piece: Buffer | string) => {
    const lines = `${partial}${piece.toString()}`.split(/\r?\n|\r/)
    partial = lines.pop() ?? ''
    lines.forEach(onLine)
  })
  stream.on('end', () => {
    if (partial !== '') onLine(partial)
  })
}

async function which(program: string): Promise<string | undefined> {
  const endings = process.platform === 'win32' ? (process.env['PATHEXT'] ?? '.EXE;.CMD;.BAT').split(';') : ['']
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const ending of endings) {
      const path = join(folder, `${program}${ending}`)
      if (folder !== '' && (await isExecutable(path))) return path
    }
  }
  return undefined
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, fileModes.X_OK).then(
    () => true,
    () => false,
  )

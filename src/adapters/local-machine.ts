import { constants as fileModes } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { connect } from 'node:net'
import { constants } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import type { Command, CommandResult, Machine } from '../ports.js'
import { collect } from './collect.js'
import { endTree } from './end-tree.js'

type Env = Readonly<Record<string, string | undefined>>

/** This computer as a machine. Programs get `env` and what their command adds, nothing else. */
export const localMachine = (env: Env = process.env): Machine => ({
  run: (command, signal) => run(command, env, signal),
  which: (program) => which(program, env),
  dial: (port) => connect({ port, host: '127.0.0.1', noDelay: true }),
})

async function run(
  { argv, env, cwd, stdin, onLine }: Command,
  inherited: Env,
  signal?: AbortSignal,
): Promise<CommandResult> {
  signal?.throwIfAborted()
  const { execa } = await import('execa')
  const [program, ...args] = argv
  const child = execa(program, args, {
    reject: false,
    ...(stdin === undefined ? { stdin: 'ignore' as const } : { input: stdin }),
    buffer: false,
    windowsHide: true,
    detached: process.platform !== 'win32', // a group of its own, so that all of it can be ended together
    extendEnv: false,
    env: { ...inherited, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  const stdout = collect(child.stdout, onLine)
  const stderr = collect(child.stderr, onLine)
  const release = endTree(child, signal)
  const result = await child
  await release()
  signal?.throwIfAborted()
  if (result.exitCode === undefined && result.signal === undefined) throw result.cause ?? result
  return { exitCode: exitCodeOf(result), stdout: stdout(), stderr: stderr() }
}

/** An end by signal is 128 and its number, as shells count it: never 0. */
export const exitCodeOf = ({ exitCode, signal }: { exitCode?: number; signal?: NodeJS.Signals }): number =>
  exitCode ?? 128 + (signal === undefined ? 0 : constants.signals[signal])

async function which(program: string, env: Env): Promise<string | undefined> {
  for (const path of placesOf(program, env)) if (await isProgram(path)) return path
  return undefined
}

/** Where a program of that name would lie, in the order in which it is looked for. */
function placesOf(program: string, env: Env): string[] {
  const isWindows = process.platform === 'win32'
  const endings = isWindows ? (env['PATHEXT'] ?? '.COM;.EXE;.BAT;.CMD').split(';') : ['']
  if (program.includes('/') || (isWindows && program.includes('\\')))
    return ['', ...endings].map((ending) => resolve(`${program}${ending}`))
  return (env['PATH'] ?? env['Path'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '') // a relative place: what lies in the current folder is not a program of this computer
    .flatMap((folder) => endings.map((ending) => join(folder, `${program}${ending}`)))
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, fileModes.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

/** A command on a machine, or its login shell, joined to streams here: what `ssh` does, without it. */
import type { Readable, Writable } from 'node:stream'
import { constants } from 'node:os'
import type { Client, ClientCallback, ClientChannel } from 'ssh2'
import type { AttachedCommand, AttachSsh, TerminalHere } from '../../ports.js'
import { commandLine, quoted } from './command-line.js'
import { unreachable } from './failure.js'
import { leaveByKeys } from './leave-by-keys.js'
import { leave, login } from './login.js'
import { signalled, started, type Started } from './run.js'
import { takePid } from './take-pid.js'

/** How long a command that was asked to leave may take, at each asking. */
const GRACE_MS = 3000
const byName = (name: 'SIGINT' | 'SIGPIPE'): number => 128 + constants.signals[name]

export const attachSsh: AttachSsh = async (place, command, signal) => {
  const here = await login(place, signal)
  const { client } = here
  command.onLogin?.()
  let error = new Error('the connection was cut')
  client.on('error', (reason) => (error = reason))
  const lost = (instead = error): Error => unreachable(place, instead)
  try {
    const running = await started((answer) => ask(client, command, answer), lost)
    const exitCode = await join(client, running, command, signal)
    if (exitCode !== undefined) return exitCode
    throw signal.aborted ? signal.reason : lost()
  } finally {
    leave(here)
  }
}

function ask(client: Client, { argv, terminal }: AttachedCommand, answer: ClientCallback): void {
  const pty = terminal && { term: terminal.kind, ...sizeOf(terminal) }
  if (!argv) client.shell(pty ?? false, answer)
  else if (pty) client.exec(argv.map(quoted).join(' '), { pty }, answer)
  else client.exec(commandLine({ argv }), answer)
}

function sizeOf(terminal: TerminalHere): { cols: number; rows: number; width: number; height: number } {
  const { columns, rows } = terminal.size()
  return { cols: columns, rows, width: 0, height: 0 } // in pixels: not known
}

/** Resolves to the exit code; undefined where there is none, as the connection ended or the command did not obey. */
async function join(
  client: Client,
  { channel, ended }: Started,
  { terminal, stdin, stdout, stderr }: AttachedCommand,
  signal: AbortSignal,
): Promise<number | undefined> {
  let end: (exitCode: number | undefined) => void = () => undefined
  const over = new Promise<number | undefined>((resolve) => (end = resolve))
  const taken = terminal ? undefined : takePid()
  const onBroken = (): void => end(byName('SIGPIPE')) // whoever read it wants no more
  const poured = Promise.all([
    pour(channel, stdout, onBroken),
    pour(taken ? channel.stderr.pipe(taken.stream) : channel.stderr, stderr, onBroken),
  ])
  void Promise.all([ended, poured]).then(([exitCode]) => end(exitCode))
  channel.on('error', () => undefined) // written after the end of the command
  const unread = feed(channel, stdin, terminal ? () => end(byName('SIGINT')) : undefined)
  const unshown = terminal && showIn(terminal, channel)
  const unwatch = onAbort(signal, taken ? (name) => signalled(client, taken.pid(), name) : undefined, end)
  try {
    return await over
  } finally {
    unwatch()
    unshown?.()
    unread()
    channel.close()
  }
}

/** Resolves when all of it is written. */
function pour(source: Readable, sink: Writable, onBroken: () => void): Promise<void> {
  sink.once('error', onBroken)
  source.pipe(sink, { end: false })
  return new Promise((resolve) => {
    source.once('end', () => {
      sink.off('error', onBroken)
      sink.write('', () => resolve())
    })
  })
}

/** What is read here goes there, until what it returns is called. With `onLeave` keys can end it. */
function feed(channel: ClientChannel, stdin: Readable, onLeave: (() => void) | undefined): () => void {
  const end = (): void => void channel.end()
  stdin.once('error', end)
  if (onLeave) stdin.pipe(leaveByKeys(onLeave)).pipe(channel)
  else stdin.pipe(channel)
  return () => {
    stdin.off('error', end).unpipe()
    stdin.pause() // else it would keep this process
  }
}

function showIn(terminal: TerminalHere, channel: ClientChannel): () => void {
  const unraw = terminal.raw()
  const unsize = terminal.onResize(() => {
    const { cols, rows, width, height } = sizeOf(terminal)
    channel.setWindow(rows, cols, height, width)
  })
  return () => {
    unsize()
    unraw()
  }
}

/** Ends the command: by `send`, ever harder; where it has a terminal there, the end of that ends it. */
function onAbort(
  signal: AbortSignal,
  send: ((name: 'INT' | 'TERM' | 'KILL') => void) | undefined,
  end: (exitCode: undefined) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined
  const harder = (): void => {
    send?.('TERM')
    timer = setTimeout(() => {
      send?.('KILL')
      end(undefined)
    }, GRACE_MS)
  }
  const abort = (): void => {
    if (!send) return end(undefined)
    send('INT')
    timer = setTimeout(harder, GRACE_MS)
  }
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  return () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

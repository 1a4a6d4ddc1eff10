/** One command over SSH, to its end. */
import { constants } from 'node:os'
import type { Client, ClientCallback, ClientChannel } from 'ssh2'
import type { Command, CommandResult } from '../../ports.js'
import { collect } from '../collect.js'
import { commandLine, killLine, toldPid, withoutPid } from './command-line.js'

/** How long a command that was asked to leave may take. */
const GRACE_MS = 3000

/**
 * Rejects when the connection is over (with what `lost` says) or the signal aborts. A program that is not there is exit 127.
 * On abort the command gets SIGTERM with all that it started, and SIGKILL where that does not end it.
 */
export async function runOver(
  client: Client,
  command: Command,
  lost: (instead?: Error) => Error,
  signal?: AbortSignal,
): Promise<CommandResult> {
  signal?.throwIfAborted()
  const { channel, ended } = await started((answer) => client.exec(commandLine(command), answer), lost)
  let pid: string | undefined
  const stdout = collect(channel, command.onLine)
  const stderr = collect(channel.stderr, (line) => {
    const told = pid === undefined ? toldPid(line) : undefined
    if (told === undefined) command.onLine?.(line)
    else pid = told
  })
  const watch = endOnAbort(channel, (name) => signalled(client, pid, name), signal)
  channel.end(typeof command.stdin === 'string' ? command.stdin : Buffer.from(command.stdin ?? ''))
  const exitCode = await Promise.race([ended, watch.givenUp])
  watch.stop()
  signal?.throwIfAborted()
  if (exitCode === undefined) throw lost()
  return { exitCode, stdout: stdout(), stderr: withoutPid(stderr()) }
}

export interface Started {
  readonly channel: ClientChannel
  /** The exit code; an end by signal is 128 and its number. Undefined when the connection ended first. */
  readonly ended: Promise<number | undefined>
}

/** What was asked for runs. `lost` says why it does not. */
export const started = (ask: (answer: ClientCallback) => void, lost: (instead?: Error) => Error): Promise<Started> =>
  new Promise((resolve, reject) => {
    try {
      ask((error, channel) => {
        // By its types ssh2 gives a channel always.
        if (error)
          reject(lost(error)) // too many sessions at once, where it is not over
        // Heard from here on: the end of a short command is read with its beginning where this process was busy.
        else resolve({ channel, ended: endOf(channel) })
      })
    } catch {
      reject(lost())
    }
  })

function endOf(channel: ClientChannel): Promise<number | undefined> {
  let exitCode: number | undefined
  channel.on('exit', (code: number | null, name?: string) => {
    const numbers: Readonly<Record<string, number>> = constants.signals
    exitCode = code ?? 128 + (numbers[name ?? ''] ?? 0)
  })
  const closed = (stream: NodeJS.EventEmitter): Promise<void> =>
    new Promise((resolve) => stream.once('close', () => resolve()))
  return Promise.all([closed(channel), closed(channel.stderr)]).then(() => exitCode)
}

type SignalName = 'INT' | 'TERM' | 'KILL'

/** Ends the command when the signal aborts. `givenUp`: it was told twice, and who waits need not wait for it longer. */
function endOnAbort(
  channel: ClientChannel,
  send: (name: SignalName) => void,
  signal?: AbortSignal,
): { givenUp: Promise<undefined>; stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let onAbort: () => void = () => undefined
  const givenUp = new Promise<undefined>((resolve) => {
    onAbort = () => {
      send('TERM')
      timer = setTimeout(() => {
        send('KILL')
        channel.close()
        resolve(undefined)
      }, GRACE_MS)
    }
  })
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted) onAbort()
  const stop = (): void => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
  return { givenUp, stop }
}

/** By a command of its own: sshd passes no signal to what root runs. */
export function signalled(client: Client, pid: string | undefined, name: SignalName): void {
  if (pid === undefined) return
  try {
    client.exec(killLine(pid, name), (error, channel) => {
      if (!error) channel.resume().end()
    })
  } catch {
    // the connection is over: what ran there ends, or is ended by the machine's own lease
  }
}

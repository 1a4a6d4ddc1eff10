/** A machine over SSH: one connection, until it is closed or lost. */
import type { Duplex } from 'node:stream'
import { putCommand } from '../../connect/put-command.js'
import { LabosError } from '../../errors/labos-error.js'
import type { ConnectSsh, RemoteMachine, SshPlace } from '../../ports.js'
import { unreachable } from './failure.js'
import { forwardTo } from './forwarded.js'
import { leave, login, type Login } from './login.js'
import { ping } from './ping.js'
import { runOver } from './run.js'

export const connectSsh: ConnectSsh = async (place, signal, connectMs) =>
  machineOver(await login(place, signal, connectMs), place)

function machineOver({ client, socket }: Login, place: SshPlace): RemoteMachine {
  const life = watch({ client, socket }, place)
  const run: RemoteMachine['run'] = (command, signal) => runOver(client, command, life.why, signal)
  return {
    run,
    which: async (program) => {
      const { stdout } = await run({ argv: ['sh', '-c', 'command -v "$1"', 'sh', program] })
      return stdout.startsWith('/') ? stdout.trim() : undefined
    },
    dial: (port) => forwardTo(client, port, life),
    put: async (path, content, mode, signal) => {
      const { exitCode, stderr } = await run(putCommand(path, content, mode), signal)
      if (exitCode !== 0) throw unwritten(path, place.host, stderr.trim())
    },
    ping: (signal) => ping({ client, socket }, life.why, signal),
    close: () => {
      life.leave()
      leave({ client, socket })
    },
    closed: life.closed,
  }
}

/** What is known of a connection's end, and who has to hear of it. */
export interface Life {
  /** Why it is over, as an error for those who still wait; `instead` where it is not. */
  why(instead?: Error): Error
  /** A stream over the connection: destroyed as soon as that is over. */
  include(stream: Duplex): void
}

function watch({ client, socket }: Login, place: SshPlace): Life & { closed: RemoteMachine['closed']; leave(): void } {
  const streams = new Set<Duplex>()
  let over: { readonly error?: Error } | undefined
  let tell: (error: Error | undefined) => void
  const closed = new Promise<Error | undefined>((resolve) => (tell = resolve))
  const why = (instead = new Error('the connection is closed')): Error => over?.error ?? unreachable(place, instead)
  const end = (error?: Error): void => {
    over ??= error ? { error: unreachable(place, error) } : {}
    for (const stream of streams) stream.destroy(why())
  }
  client.on('error', end)
  // Before ssh2 tells its channels, which would end as if they were whole.
  socket.prependListener('end', () => end(new Error('it closed the connection')))
  socket.prependListener('close', () => {
    end(new Error('the connection was cut'))
    tell(over?.error)
  })
  const include = (stream: Duplex): void => {
    if (over) return void stream.destroy(why())
    streams.add(stream)
    stream.once('close', () => streams.delete(stream))
  }
  return { closed, leave: () => end(), why, include }
}

const unwritten = (path: string, host: string, said: string): LabosError =>
  new LabosError(
    'machine.failed',
    `${path} could not be written on ${host}: ${said === '' ? 'it came in part' : said}.`,
    {
      suggestions: ['Check that the disk there has room, and that the folder is yours to write.'],
    },
  )

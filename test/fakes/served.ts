/** A rented lab that serves, and the machine under it. */
import { type Duplex, PassThrough } from 'node:stream'
import { connect } from 'node:net'
import type { Command, CommandResult, RemoteMachine } from '../../src/ports.js'
import type { RentedLab, Serving } from '../../src/state/record.js'
import { fakeConnection, type FakeConnection } from './ssh.js'

export const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFakeHostKeyOfTheMachine'

export const serving: Serving = {
  engineVersion: '0.33.0',
  contextTokens: 65_536,
  enginePort: 8000,
  plannedWeightsGiB: 29.3,
  plannedKvTokens: 300_000,
  canary: { prompt: 'Add.', expect: 'def' },
  asks: 'chat',
  fim: null,
  idleMs: 30 * 60_000,
  bootMs: 20 * 60_000,
  home: '/var/lib/labos',
  scope: 'system',
}

/** What its plan said of it. */
export const plannedServing: NonNullable<RentedLab['plan']['serving']> = {
  engineVersion: '0.33.0',
  driverMin: 580,
  machines: [
    {
      instanceType: 'g6e.xlarge',
      gpuCount: 1,
      gpuMemoryMiB: 45_465,
      contextTokens: 65_536,
      weightsGiB: 29.3,
      kvTokens: 300_000,
      config: 'model: "deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct"\n',
    },
  ],
  canary: { prompt: 'Add.', expect: 'def', asks: 'chat' },
  fim: null,
  idleMs: 30 * 60_000,
  bootMs: 20 * 60_000,
  wantsToken: false,
}

/** What `up` adds to the record of a rented lab for its endpoint. */
export const served: Partial<RentedLab> = {
  port: 8485,
  ssh: { user: 'ubuntu', port: 22, hostKeys: [HOST_KEY] },
  serving,
}

/** What the engine does with a connection: answers with that status, says nothing, or is not there. */
export type EngineMood = number | 'refused' | 'silent'

export interface FakeHost {
  engine: EngineMood
  /** A real server that connections go to while the engine answers. */
  enginePort?: number
  /** Text of phases.ndjson. */
  phases: string
  /** Text of lease.json, and how old it is. */
  lease: string
  leaseAgeSeconds: number
  key: string
  /** Of the engine's journal. */
  journal: readonly string[]
  unitState: string
  setContextExit: number
  /** What `lease.sh end` exits with. */
  endExit: number
  metrics: string
  /** Contexts that were set. */
  readonly contexts: number[]
  readonly ran: string[]
  /** Adds a line to the phases: those who follow them hear it. */
  phase(line: object): void
  connection(): FakeConnection
}

type Answer = Partial<CommandResult> | undefined

/** A machine whose files and engine a test holds in its hands; connections come and go. */
export function fakeHost(nowSeconds: () => number): FakeHost {
  const followers = new Set<(line: string) => void>()
  const host: FakeHost = {
    engine: 'refused',
    phases: '',
    lease: '',
    leaseAgeSeconds: 0,
    key: 'sk-engine',
    journal: [],
    unitState: 'active',
    setContextExit: 0,
    endExit: 0,
    metrics: '',
    contexts: [],
    ran: [],
    phase: (line) => {
      const text = JSON.stringify({ t: nowSeconds(), boot: 1, ...line })
      host.phases += `${text}\n`
      for (const tell of followers) tell(text)
    },
    connection: () => {
      const connection = fakeConnection()
      const run: RemoteMachine['run'] = (command, signal) => runOn(command, connection, signal)
      return Object.defineProperties(connection, {
        run: { value: run },
        dial: { value: () => dialled(host) },
      })
    },
  }
  const answerTo = (line: string): Answer => {
    if (line.includes('set-context')) {
      host.contexts.push(Number(line.split(' ').at(-1)))
      return { exitCode: host.setContextExit }
    }
    if (line.endsWith('lease.sh end')) return { exitCode: host.endExit }
    if (/lease\.sh (heard|free)$/.test(line)) return {}
    if (line.endsWith('/key')) return host.key === '' ? { exitCode: 1 } : { stdout: `${host.key}\n` }
    if (line.endsWith('/lease.json')) {
      if (host.lease === '') return { exitCode: 1 }
      const now = nowSeconds()
      return { stdout: `${host.lease}\n\n${String(now)} ${String(now - host.leaseAgeSeconds)}\n` }
    }
    if (line.includes('journalctl')) return { stdout: host.journal.map((each) => `${each}\n`).join('') }
    return line.includes('ActiveState') ? { stdout: `${host.unitState}\n` } : undefined
  }
  const runOn = async (command: Command, connection: FakeConnection, signal?: AbortSignal): Promise<CommandResult> => {
    signal?.throwIfAborted()
    if (connection.isClosed) throw new Error('the connection is closed')
    const line = command.argv.join(' ')
    host.ran.push(line)
    if (line.includes('tail -c')) return followed(command, connection, signal)
    const answer = answerTo(line)
    if (!answer) throw new Error(`the fake host does not know: ${line}`)
    return { exitCode: 0, stdout: '', stderr: '', ...answer }
  }
  const followed = (command: Command, connection: FakeConnection, signal?: AbortSignal): Promise<CommandResult> => {
    const from = Number(command.argv.at(-2))
    const { onLine = () => undefined } = command
    onLine(`from ${String(from)}`)
    const rest = Buffer.from(host.phases)
      .subarray(from - 1)
      .toString()
    for (const line of rest.split('\n')) if (line !== '') onLine(line)
    followers.add(onLine)
    return new Promise((_resolve, reject) => {
      const leave = (why: Error): void => {
        followers.delete(onLine)
        reject(why)
      }
      signal?.addEventListener('abort', () => leave(signal.reason as Error), { once: true })
      void connection.closed.then(() => leave(new Error('the connection is closed')))
    })
  }
  return host
}

function dialled(host: FakeHost): Duplex {
  if (host.enginePort !== undefined && host.engine === 200) return connect(host.enginePort, '127.0.0.1')
  const stream = new PassThrough({ allowHalfOpen: false })
  const { engine, metrics } = host
  if (engine === 'refused') {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    setImmediate(() => stream.destroy(refused))
    return stream
  }
  stream.write = ((piece: Buffer | string): boolean => {
    if (engine === 'silent') return true
    const body = piece.toString().startsWith('GET /metrics') ? metrics : ''
    stream.push(`HTTP/1.1 ${String(engine)} Said\r\n\r\n${body}`)
    stream.push(null)
    return true
  }) as typeof stream.write
  return stream
}

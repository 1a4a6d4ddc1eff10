/** Connections that a test makes, cuts and lets fall silent. */
import { PassThrough } from 'node:stream'
import type { ConnectSsh, RemoteMachine, SshPlace } from '../../src/ports.js'

export interface FakeConnection extends RemoteMachine {
  /** The other side is gone, and this one hears of it. */
  cut(reason?: string): void
  /** Whether pings are answered. */
  isAlive: boolean
  readonly pings: number
  readonly isClosed: boolean
}

export function fakeConnection(): FakeConnection {
  let tell: (error: Error | undefined) => void = () => undefined
  const closed = new Promise<Error | undefined>((resolve) => (tell = resolve))
  const state = { isAlive: true, pings: 0, isClosed: false }
  const end = (error?: Error): void => {
    state.isClosed = true
    tell(error)
  }
  return Object.defineProperties({} as FakeConnection, {
    ...Object.getOwnPropertyDescriptors({
      run: () => Promise.resolve({ exitCode: 0, stdout: '', stderr: '' }),
      which: () => Promise.resolve(undefined),
      put: () => Promise.resolve(),
      dial: () => new PassThrough(),
      ping: (signal?: AbortSignal): Promise<void> => {
        state.pings += 1
        if (state.isAlive) return Promise.resolve()
        return new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error))
          void closed.then(() => reject(new Error('closed')))
        })
      },
      close: () => end(),
      cut: (reason = 'the connection was cut') => end(new Error(reason)),
      closed,
    }),
    isAlive: { get: () => state.isAlive, set: (value: boolean) => void (state.isAlive = value) },
    pings: { get: () => state.pings },
    isClosed: { get: () => state.isClosed },
  })
}

export interface FakeSsh {
  readonly connect: ConnectSsh
  /** What the next tries meet: an error, or a connection (as after the last of them). */
  readonly outcomes: (Error | FakeConnection)[]
  readonly tries: { readonly place: SshPlace; readonly atMs: number; readonly connectMs: number | undefined }[]
  /** While set, every try fails with it. */
  down: Error | undefined
  readonly last: FakeConnection | undefined
}

export function fakeSsh(nowMs: () => number): FakeSsh {
  const made: FakeConnection[] = []
  const ssh: FakeSsh = {
    outcomes: [],
    tries: [],
    down: undefined,
    get last() {
      return made.at(-1)
    },
    connect: (place, signal, connectMs) => {
      signal.throwIfAborted()
      ssh.tries.push({ place, atMs: nowMs(), connectMs })
      const outcome = ssh.down ?? ssh.outcomes.shift() ?? fakeConnection()
      if (outcome instanceof Error) return Promise.reject(outcome)
      made.push(outcome)
      return Promise.resolve(outcome)
    },
  }
  return ssh
}

import type { RemoteMachine } from '../ports.js'
import type { MachineLab } from '../state/record.js'
import type { Context } from './context.js'
import { sshPlace } from './ssh-place.js'

export interface LoginDeps extends Pick<Context, 'paths' | 'ssh' | 'env'> {
  /** How long the login may take; absent = as long as any. */
  readonly connectMs?: number
}

/** Runs `work` over a connection of its own to a lab's machine. Throws what the login throws. */
export async function loggedIn<T>(
  record: MachineLab,
  { connectMs, ...context }: LoginDeps,
  signal: AbortSignal,
  work: (machine: RemoteMachine) => Promise<T>,
): Promise<T> {
  const machine = await context.ssh(sshPlace(record, context), signal, connectMs)
  try {
    return await work(machine)
  } finally {
    machine.close()
  }
}

import type { RemoteMachine } from '../ports.js'
import type { RentedLab } from '../state/record.js'
import type { Context } from './context.js'
import { sshPlace } from './ssh-place.js'

export interface LoginDeps extends Pick<Context, 'paths' | 'ssh'> {
  /** How long the login may take; absent = as long as any. */
  readonly connectMs?: number
}

/** Runs `work` over a connection of its own to a lab's machine. Throws what the login throws. */
export async function loggedIn<T>(
  record: RentedLab,
  { paths, ssh, connectMs }: LoginDeps,
  signal: AbortSignal,
  work: (machine: RemoteMachine) => Promise<T>,
): Promise<T> {
  const machine = await ssh(sshPlace(record, paths), signal, connectMs)
  try {
    return await work(machine)
  } finally {
    machine.close()
  }
}

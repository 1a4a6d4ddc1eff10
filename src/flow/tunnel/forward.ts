/** Further ports of a machine, over a connection of their own. */
import { type Forwards, openForwards } from '../../connect/forwards.js'
import { openSession, type Session } from '../../connect/session.js'
import type { PortPair } from '../../ports.js'
import type { MachineLab } from '../../state/record.js'
import type { Context } from '../context.js'
import { findMachine } from '../find-machine.js'
import { sshPlace } from '../ssh-place.js'
import type { TunnelLook } from './news.js'

export interface ForwardedPorts extends Pick<Forwards, 'list' | 'close'> {
  look(): TunnelLook
}

/** Throws `port.taken`. What cannot be reached at the other end is told once for each port. */
export async function forwardPorts(
  record: MachineLab,
  wishes: readonly PortPair[],
  context: Context,
): Promise<ForwardedPorts> {
  const over = new AbortController()
  const open: { forwards?: Forwards } = {}
  const session = openSession(sshPlace(record, context), {
    clock: context.clock,
    connect: context.ssh,
    random: Math.random,
    isWaiting: () => (open.forwards?.connections() ?? 0) > 0,
    findAgain: (place) => findMachine(record.name, place, context, over.signal),
  })
  const close = async (): Promise<void> => {
    over.abort()
    await Promise.all([open.forwards?.close(), session.close()])
  }
  try {
    open.forwards = await openForwards(wishes, { dial: session.dial, onTrouble: tellOnce(context) })
  } catch (error) {
    await close()
    throw error
  }
  return { list: open.forwards.list, look: () => lookAt(session), close }
}

function lookAt(session: Session): TunnelLook {
  const { since, state, reason, code } = session.state()
  const why = { ...(reason === undefined ? {} : { reason }), ...(code === undefined ? {} : { code }) }
  return { path: { state, sinceMs: since, ...why } }
}

function tellOnce({ emit }: Pick<Context, 'emit'>): (pair: PortPair, error: Error) => void {
  const told = new Set<number>()
  return ({ localPort, remotePort }, error) => {
    if (told.has(remotePort)) return
    told.add(remotePort)
    const text = `${String(localPort)} -> ${String(remotePort)} of the machine: ${error.message}`
    emit({ type: 'note', step: 'endpoint', text })
  }
}

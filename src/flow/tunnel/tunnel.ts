/** `labos tunnel`: the endpoint of a lab on a machine, and other ports of the machine, for as long as the command runs. */
import { LabosError } from '../../errors/labos-error.js'
import type { PortPair } from '../../ports.js'
import type { MachineLab } from '../../state/record.js'
import type { Context } from '../context.js'
import { endpointOf } from '../from-answer.js'
import { labOnMachine } from '../lab-on-machine.js'
import { openEndpointHere, type KeptEndpoint } from './endpoint.js'
import { type ForwardedPorts, forwardPorts } from './forward.js'
import { offerOnce } from './offer-once.js'
import { finalFailure, isLost, newsOf, type TunnelLook } from './news.js'

export interface TunnelRequest {
  readonly name: string
  /** Of the endpoint, for this run; 0 = any free one. */
  readonly port?: number
  readonly forwards: readonly PortPair[]
  /** End at the first loss of the connection. */
  readonly once: boolean
}

/** Public shape of what `labos tunnel --json` says when it is open. */
export interface OpenTunnel {
  readonly name: string
  /** Absent where no engine is meant to serve on the machine. */
  readonly endpoint?: string
  readonly forwards: readonly PortPair[]
  /** Who keeps the endpoint open: this command, or the lab's keeper, which goes on after it. */
  readonly keptBy?: 'this' | 'keeper'
}

const LOOK_MS = 1000

/**
 * Resolves when the signal aborts, to what was open. `onOpen` is called once, when the machine was reached. A lost connection is
 * made again, unless `once`. Throws `machine.unreachable` (`once`), `ssh.hostkey`, `ssh.auth`, `machine.gone`, `port.taken`.
 */
export async function tunnel(
  request: TunnelRequest,
  context: Context,
  onOpen: (open: OpenTunnel) => void,
  signal: AbortSignal,
): Promise<OpenTunnel> {
  const { name, forwards } = request
  const record = labOnMachine('tunnel', name, context.paths)
  if (forwards.length === 0 || request.port !== undefined) refuseWithoutEndpoint(record)
  const forwarded = forwards.length > 0 ? await forwardPorts(record, forwards, context) : undefined
  try {
    const endpoint = hasEndpoint(record) ? await openEndpointHere(request, record, context, signal) : undefined
    try {
      return await watch({ request, endpoint, forwarded, onOpen }, context, signal)
    } finally {
      await endpoint?.close()
    }
  } finally {
    await forwarded?.close()
  }
}

interface Watched {
  readonly request: TunnelRequest
  readonly endpoint: KeptEndpoint | undefined
  readonly forwarded: ForwardedPorts | undefined
  readonly onOpen: (open: OpenTunnel) => void
}

async function watch(watched: Watched, context: Context, signal: AbortSignal): Promise<OpenTunnel> {
  const { request, endpoint, forwarded } = watched
  const open: OpenTunnel = {
    name: request.name,
    ...(endpoint ? { endpoint: endpointOf(endpoint.port), keptBy: endpoint.keptBy } : {}),
    forwards: forwarded?.list ?? [],
  }
  const hear = listener(watched, open, context)
  const offer = offerOnce(request.name, context)
  let before: TunnelLook | undefined
  for (;;) {
    const now = (await (endpoint ?? forwarded)?.look()) ?? before
    if (signal.aborted) return open
    if (now) {
      hear(before, now)
      await offer(now, signal)
      before = now
    }
    await context.clock.sleep(LOOK_MS, signal).catch(() => undefined)
  }
}

/** Tells what changed, and when all is open. Throws where no other try is made. */
function listener(
  { request, onOpen }: Watched,
  open: OpenTunnel,
  { emit }: Pick<Context, 'emit'>,
): (before: TunnelLook | undefined, now: TunnelLook) => void {
  let isOpen = false
  return (before, now) => {
    for (const text of newsOf(before, now)) emit({ type: 'note', step: 'endpoint', text })
    const failure = finalFailure(request.name, now) ?? (request.once ? lossOf(request.name, before, now) : undefined)
    if (failure) throw failure
    if (isOpen || now.path.state !== 'connected') return
    isOpen = true
    onOpen(open)
  }
}

function lossOf(name: string, before: TunnelLook | undefined, now: TunnelLook): LabosError | undefined {
  if (!isLost(before, now) && now.path.state !== 'away') return undefined
  const { reason = 'it was cut' } = now.path
  return new LabosError('machine.unreachable', `The connection to the machine of "${name}" is lost: ${reason}`, {
    suggestions: ['Without `--once` it is made again by itself.'],
  })
}

const hasEndpoint = ({ port, serving }: MachineLab): boolean => port !== undefined && serving !== undefined

/** Throws `usage.value` for a lab that ends at its machine. */
export function refuseWithoutEndpoint(record: MachineLab): void {
  if (hasEndpoint(record)) return
  const { name, plan } = record
  throw new LabosError('usage.value', `The lab "${name}" has no endpoint: it ends at its machine.`, {
    suggestions: [
      `Lead a port of the machine here: \`labos tunnel ${name} -L 8080:3000\`.`,
      `Serve the model on another: \`labos up ${plan.model.id} --name ${name}-2\`.`,
    ],
  })
}

/** What a test makes go wrong: which requests, how often, and in which way. */
import { launchZone } from './offerings.js'
import type { AwsRequest } from './request.js'
import type { JournalEntry } from './cloud.js'

export interface Fault {
  readonly action: string
  readonly service?: string
  readonly region?: string
  readonly instanceType?: string
  readonly zone?: string
  readonly market?: 'spot' | 'on-demand'
  /** So many matching requests pass first. */
  readonly skip?: number
  /** Default: for ever. */
  readonly times?: number
  readonly kind: FaultKind
}

export type FaultKind =
  | { readonly error: string; readonly message?: string; readonly status?: number }
  /** The connection is cut: the request never arrived. */
  | { readonly cut: 'before' }
  /** The connection is cut: the request was carried out, its answer is lost. */
  | { readonly cut: 'after' }
  /** No answer, ever; `after`: it was carried out. */
  | { readonly hang: 'before' | 'after' }
  | { readonly delayMs: number }
  /**
   * Called, and awaited, before the request is carried out, and after it, before it is answered. At a `cut` the connection is cut there; before,
   * the request never arrived.
   */
  | { readonly call: (phase: 'before' | 'after', entry: JournalEntry) => unknown }

export interface Faults {
  add(fault: Fault): () => void
  /** The fault that this request meets, counting it. */
  meet(request: AwsRequest, zoneOf: (subnetId: string) => string | undefined): FaultKind | undefined
  clear(): void
}

export function makeFaults(): Faults {
  const scripted = new Map<Fault, number>()
  return {
    add: (fault) => {
      scripted.set(fault, 0)
      return () => void scripted.delete(fault)
    },
    meet: (request, zoneOf) => {
      for (const [fault, seen] of scripted) {
        if (!matches(fault, request, zoneOf)) continue
        scripted.set(fault, seen + 1)
        const skip = fault.skip ?? 0
        if (seen >= skip && seen < skip + (fault.times ?? Infinity)) return fault.kind
      }
      return undefined
    },
    clear: () => scripted.clear(),
  }
}

function matches(
  { action, ...fault }: Fault,
  request: AwsRequest,
  zoneOf: (subnetId: string) => string | undefined,
): boolean {
  const { params } = request
  const asked = {
    service: request.service,
    region: request.region,
    instanceType: params['InstanceType'],
    zone: launchZone(request, zoneOf),
    market: params['InstanceMarketOptions.MarketType'] ?? 'on-demand',
  }
  const names = ['service', 'region', 'instanceType', 'zone', 'market'] as const
  return action === request.action && names.every((name) => fault[name] === undefined || fault[name] === asked[name])
}

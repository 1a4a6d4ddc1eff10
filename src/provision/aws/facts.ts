/** What a launch in one region depends on, read at the same time: reads only, nothing is made, nothing costs anything. */
import type { Aws, Identity, MachineImage, Network } from '../../cloud-ports.js'
import { LabosError } from '../../errors/labos-error.js'
import type { Market } from '../../plan/aws/price.js'
import type { Clock } from '../../ports.js'
import type { Emit } from '../../ui/events.js'
import { type Known, read } from './known.js'
import { type QuotaFact, quotaFacts } from './quota-facts.js'

export interface FactsWish {
  readonly region: string
  /** Those of the ladder. */
  readonly types: readonly string[]
  readonly market: Market
  /** Codes of the vCPU quotas that they count against. */
  readonly quotaCodes: readonly string[]
  /** To put the machine in; else the default network's. */
  readonly subnetId?: string
}

export interface RegionFacts {
  readonly region: string
  readonly identity: Known<Identity>
  /** Undefined: AWS has none there. */
  readonly image: Known<MachineImage | undefined>
  /** Zones that offer each type, sorted; a type that is nowhere is absent. */
  readonly zones: Known<ReadonlyMap<string, readonly string[]>>
  /** Undefined: there is no default network, or no such subnet. */
  readonly network: Known<Network | undefined>
  readonly subnetId?: string
  readonly quotas: readonly QuotaFact[]
  /** US dollars an hour: type, then zone. Of spot machines only. */
  readonly spot?: Known<ReadonlyMap<string, ReadonlyMap<string, number>>>
  /** How far this computer's clock is ahead of AWS's, where AWS said its time. */
  readonly skewMs?: number
}

export interface FactsDeps {
  readonly clock: Clock
  readonly emit: Emit
  /** For each read. */
  readonly deadlineMs?: number
}

const DEADLINE_MS = 10_000

/**
 * Reads all of it side by side. What is refused or late is unknown, and never blocks. Throws `aws.credentials`,
 * `aws.region`, and the signal's reason.
 */
export async function gatherFacts(
  { account, launch }: Pick<Aws, 'account' | 'launch'>,
  wish: FactsWish,
  { clock, emit, deadlineMs = DEADLINE_MS }: FactsDeps,
  signal: AbortSignal,
): Promise<RegionFacts> {
  const sinceMs = clock.monotonicMs()
  emit({ type: 'start', step: 'facts', text: `asking AWS about ${wish.region}` })
  const enough = new AbortController()
  const all = AbortSignal.any([signal, enough.signal])
  const ask = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<Known<T>> =>
    read(work, { clock, deadlineMs }, all)
  const { types, subnetId } = wish
  try {
    const [identity, image, zones, network, quotas, spot] = await Promise.all([
      ask((until) => account.identity(until).then((value) => ({ ...value, ...skewOf(value, clock) }))),
      ask((until) => launch.image(until).catch(noneFor('aws.image'))),
      ask((until) => launch.zonesOf(types, until)),
      ask((until) => launch.network(subnetId, until)),
      quotaFacts(launch, wish.quotaCodes, ask),
      wish.market === 'spot' ? ask((until) => launch.spotByZone(types, until)) : undefined,
    ])
    const skewMs = identity.known ? identity.value.skewMs : undefined
    emit({
      type: 'done',
      step: 'facts',
      text: `asked AWS about ${wish.region}${withoutAnswer([identity, image, zones, network])}`,
      elapsedMs: clock.monotonicMs() - sinceMs,
    })
    return {
      region: wish.region,
      identity,
      image,
      zones,
      network,
      quotas,
      ...(subnetId === undefined ? {} : { subnetId }),
      ...(spot ? { spot } : {}),
      ...(skewMs === undefined ? {} : { skewMs }),
    }
  } finally {
    enough.abort() // the others, when one fails
  }
}

/** `, and 2 of 4 questions have no answer`; nothing where all have. */
function withoutAnswer(asked: readonly Known<unknown>[]): string {
  const open = asked.filter(({ known }) => !known).length
  return open === 0 ? '' : `, and ${String(open)} of ${String(asked.length)} questions have no answer`
}

/** Seen when the answer arrives: its way is shorter than what counts. */
const skewOf = ({ serverMs }: Identity, clock: Clock): { skewMs?: number } =>
  serverMs === undefined ? {} : { skewMs: clock.now() - serverMs }

/** That AWS has none is a fact as well. */
const noneFor =
  (code: string) =>
  (error: unknown): undefined => {
    if (!(error instanceof LabosError) || error.code !== code) throw error
  }

/** One way to rent: a type in a region and market, with its verdict, its price and all that follows. */
import { besidesUsdPerHour, type Market, type Price, priceOf } from '../aws/price.js'
import { type Quota, quotaOf } from '../aws/quota.js'
import type { InstanceType, TypeTable } from '../aws/type-table.js'
import type { FitTerms } from '../fit.js'
import { gpuNamed } from '../gpus.js'
import type { RentRequest } from './request.js'
import { diskFor, startUp, type StartUp } from './start-up.js'
import type { Suit } from './suit.js'

/** Public: `labos plan --json` prints offers as they are (docs/plan.schema.json). Sizes per GPU unless said otherwise. */
export interface Offer {
  readonly instanceType: string
  readonly region: string
  /** Availability zones of the region that offer the type; 0 where none does. */
  readonly zones: number
  readonly market: Market
  readonly gpu: string
  readonly gpuCount: number
  /** What a program can use of one GPU. */
  readonly gpuVisibleGiB: number
  readonly vcpus: number
  readonly memoryGiB: number
  /** GPUs that share the model. */
  readonly tensorParallel: number
  /** Null where the memory was stated by the user, not computed. */
  readonly weightsGiBPerGpu: number | null
  readonly overheadGiB: number | null
  /** Tokens that the KV cache has room for. */
  readonly kvTokens: number | null
  /** Longest request that the engine will accept. */
  readonly contextTokens: number
  /** Requests in flight at most. */
  readonly maxSequences: number
  /** The machine alone; null = not known. */
  readonly usdPerHour: number | null
  /** Region whose price it is; another than `region` where that one has none yet. */
  readonly priceRegion: string | null
  readonly priceAsOf: string | null
  /** Disk and public address. */
  readonly besidesUsdPerHour: number
  readonly deadlineMs: number
  /** Machine, disk and address until the deadline. */
  readonly usdUntilDeadline: number | null
  readonly quota: OfferQuota
  readonly diskGB: number
  /** Of that disk, MB/s. */
  readonly diskThroughputMBps: number
  readonly weightsOnLocalDisk: boolean
  readonly startUp: StartUp
  readonly verdict: 'fits' | 'refused'
  /** Why it is refused; remarks on one that fits, or `fits`. */
  readonly reason: string
  readonly refusedFor: RefusedFor | null
  /** The whole sum; null where the memory was stated, or the kind of machine is refused before any sum. */
  readonly terms: FitTerms | null
}

export interface OfferQuota extends Quota {
  /** That the machine takes. */
  readonly vcpus: number
  /** AWS was asked, and said the limit. */
  readonly checked: boolean
  /** Null = not known, here and below. */
  readonly limitVcpus: number | null
  /** By machines that run now. */
  readonly usedVcpus: number | null
}

export type RefusedFor = 'filter' | 'architecture' | 'capability' | 'memory' | 'region' | 'price' | 'cost'

export const DEFAULT_TTL_MS = 4 * 3_600_000
/** What a deadline is at least: a machine takes minutes before it serves. */
const SHORTEST_DEADLINE_MS = 15 * 60_000
const HOUR_MS = 3_600_000

const NOT_CHECKED = { checked: false, limitVcpus: null, usedVcpus: null }

interface Refused {
  readonly why: RefusedFor
  readonly text: string
}

/** Offers of one type and checkpoint in each of the regions. */
export function offersOf(suit: Suit, regions: readonly string[], request: RentRequest, table: TypeTable): Offer[] {
  const { type, candidate } = suit
  const disk = diskFor(type, candidate.weightsBytes)
  const besides = besidesUsdPerHour(disk.rootGB, disk.throughputMBps)
  const anywhere = {
    market: request.market,
    gpu: type.gpu,
    gpuCount: type.gpuCount,
    gpuVisibleGiB: gpuNamed(type.gpu, type.gpuMemoryMiB).visibleGiB,
    vcpus: type.vcpus,
    memoryGiB: type.memoryGiB,
    ...servingOf(suit),
    quota: { ...quotaOf(type.instanceType, request.market), vcpus: type.vcpus, ...NOT_CHECKED },
    diskGB: disk.rootGB,
    diskThroughputMBps: disk.throughputMBps,
    weightsOnLocalDisk: disk.weightsOnLocalDisk,
    startUp: startUp(type, candidate.weightsBytes),
  }
  const refusedAnywhere = refuseFilter(type, request) ?? suit.refusal
  return regions.map((region) => {
    const cost = costOf(priceOf(table, type, region, request.market), besides, request)
    const refused = refusedAnywhere ?? refuseRegion(type, region) ?? refuseCost(cost, request)
    return {
      instanceType: type.instanceType,
      region,
      zones: type.zones[region] ?? 0,
      ...anywhere,
      ...cost,
      verdict: refused ? 'refused' : 'fits',
      reason: refused?.text ?? (suit.remarks.length > 0 ? suit.remarks.join(', ') : 'fits'),
      refusedFor: refused?.why ?? null,
    }
  })
}

type ServingPart =
  'tensorParallel' | 'weightsGiBPerGpu' | 'overheadGiB' | 'kvTokens' | 'contextTokens' | 'maxSequences' | 'terms'
type CostPart = 'usdPerHour' | 'priceRegion' | 'priceAsOf' | 'besidesUsdPerHour' | 'deadlineMs' | 'usdUntilDeadline'

const servingOf = ({ tensorParallel, contextTokens, maxSequences, terms }: Suit): Pick<Offer, ServingPart> => ({
  tensorParallel,
  weightsGiBPerGpu: terms ? terms.weights.totalGiB : null,
  overheadGiB: terms ? terms.overhead.totalGiB : null,
  kvTokens: terms ? terms.kvTokens : null,
  contextTokens,
  maxSequences,
  terms: terms ?? null,
})

function costOf(price: Price, besides: number, request: RentRequest): Pick<Offer, CostPart> {
  const allPerHour = price.usdPerHour === null ? null : price.usdPerHour + besides
  const deadlineMs = deadlineOf(request, allPerHour)
  return {
    usdPerHour: price.usdPerHour,
    priceRegion: price.region,
    priceAsOf: price.asOf,
    besidesUsdPerHour: besides,
    deadlineMs,
    usdUntilDeadline: allPerHour === null ? null : (allPerHour * deadlineMs) / HOUR_MS,
  }
}

/** As asked; else as long as `--max-cost` pays for; else four hours. */
function deadlineOf({ ttlMs, maxUsdTotal }: RentRequest, allPerHour: number | null): number {
  if (ttlMs !== undefined) return ttlMs
  if (maxUsdTotal === undefined || allPerHour === null) return DEFAULT_TTL_MS
  return Math.floor((maxUsdTotal / allPerHour) * 60) * 60_000
}

function refuseFilter({ instanceType, gpu }: InstanceType, { instanceTypes, gpus }: RentRequest): Refused | undefined {
  if (instanceTypes && !instanceTypes.includes(instanceType)) return { why: 'filter', text: 'not a type asked for' }
  return gpus && !gpus.includes(gpu) ? { why: 'filter', text: 'not a GPU asked for' } : undefined
}

const refuseRegion = ({ zones }: InstanceType, region: string): Refused | undefined =>
  zones[region] ? undefined : { why: 'region', text: `not in ${region}` }

function refuseCost(
  cost: Pick<Offer, CostPart>,
  { maxUsdPerHour, maxUsdTotal, ttlMs }: RentRequest,
): Refused | undefined {
  const { usdPerHour, usdUntilDeadline, deadlineMs } = cost
  if (maxUsdPerHour === undefined && maxUsdTotal === undefined) return undefined
  if (usdPerHour === null) return { why: 'price', text: 'price not known, and a limit is set' }
  if (usdPerHour > (maxUsdPerHour ?? Infinity)) return { why: 'price', text: 'above --max-price' }
  if (ttlMs !== undefined && (usdUntilDeadline ?? 0) > (maxUsdTotal ?? Infinity))
    return { why: 'cost', text: 'above --max-cost until the deadline' }
  if (deadlineMs >= SHORTEST_DEADLINE_MS || ttlMs !== undefined) return undefined
  return { why: 'cost', text: `--max-cost pays for ${String(deadlineMs / 60_000)} minutes` }
}

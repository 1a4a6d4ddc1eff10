/**
 * The plan for a rented machine: which checkpoint, which machines in which order, why, and what it costs. Data; everything
 * after it reads the plan, nothing computes it again.
 */
import type { Market } from '../aws/price.js'
import type { TypeTable } from '../aws/type-table.js'
import { kvBytesPerToken } from '../memory/kv-cache.js'
import { parameterCount } from '../memory/weights.js'
import type { Precision } from '../precision.js'
import { type Alternative, choose } from './choose.js'
import type { Candidate, Rentable } from './candidate.js'
import { decisionsOf } from './decisions.js'
import type { Offer } from './offer.js'
import type { RegionCheck } from './region-check.js'
import { tally, type TallyLine } from './tally.js'
import type { Preference, RentRequest } from './request.js'

/** Public: `labos plan --json` prints it as it is (docs/plan.schema.json). */
export interface RentPlan {
  readonly schemaVersion: 1
  readonly provider: 'aws'
  readonly model: RentedModel
  readonly request: {
    readonly contextTokens: number | null
    readonly concurrency: number
    readonly regions: readonly string[]
    readonly market: Market
    readonly prefer: Preference
  }
  /** What was given up or added to make it fit, in sentences. */
  readonly decisions: readonly string[]
  /** The ladder: offers that fit, best first; refused ones after them. */
  readonly offers: readonly Offer[]
  /** All offers counted by verdict and reason. */
  readonly tally: readonly TallyLine[]
  readonly alternatives: readonly Alternative[]
  /** What the prices are as of, oldest of those shown (ISO date); null = no price is known. */
  readonly pricesAsOf: string | null
  /** What the facts of the types are as of (ISO date). */
  readonly factsAsOf: string
  /** What AWS said of each region; empty where it was not asked. */
  readonly checks: readonly RegionCheck[]
  readonly notes: readonly string[]
}

export interface RentedModel {
  readonly id: string
  readonly title: string
  readonly repo: string
  /** Commit; null until the hub was asked. */
  readonly revision: string | null
  readonly precision: Precision
  readonly weightsBytes: number
  readonly weightFiles: number | null
  readonly parameters: number | null
  /** On one GPU; null where the memory was stated. */
  readonly kvBytesPerToken: number | null
  readonly contextMax: number
  readonly licence: string | null
  readonly servedNames: readonly string[]
}

export function planRent(rentable: Rentable, request: RentRequest, table: TypeTable): RentPlan {
  const { candidate, offers, alternatives } = choose(rentable, request, table)
  const dates = offers.flatMap(({ verdict, priceAsOf }) =>
    verdict === 'fits' && priceAsOf !== null ? [priceAsOf] : [],
  )
  return {
    schemaVersion: 1,
    provider: 'aws',
    model: modelOf(rentable, candidate),
    request: {
      contextTokens: request.contextTokens ?? null,
      concurrency: request.concurrency,
      regions: request.regions,
      market: request.market,
      prefer: request.prefer,
    },
    decisions: decisionsOf(rentable, candidate, offers, request),
    offers,
    tally: tally(offers),
    alternatives,
    pricesAsOf: dates.sort()[0] ?? null,
    factsAsOf: table.facts.asOf,
    checks: [],
    notes: [
      ...rentable.assumed,
      ...(rentable.note === null ? [] : [rentable.note]),
      ...(candidate.note === null ? [] : [candidate.note]),
    ],
  }
}

export function modelOf(
  rentable: Rentable,
  { precision, repo, revision, sizing, weightsBytes, weightFiles }: Candidate,
): RentedModel {
  const shape = sizing.kind === 'computed' ? sizing.shape : undefined
  return {
    id: rentable.id,
    title: rentable.title,
    repo,
    revision,
    precision,
    weightsBytes,
    weightFiles,
    parameters: shape ? parameterCount(shape) : null,
    kvBytesPerToken: shape ? kvBytesPerToken(shape, 1) : null,
    contextMax: rentable.contextMaxTokens,
    licence: rentable.licence,
    servedNames: rentable.servedNames,
  }
}

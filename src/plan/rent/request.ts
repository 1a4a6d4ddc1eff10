/** What was asked for, checked and with every preset filled in; what may be left open is absent. */
import type { Market } from '../aws/price.js'
import type { Precision } from '../precision.js'

export const preferences = ['cost', 'speed', 'quality'] as const
export type Preference = (typeof preferences)[number]

export interface RentRequest {
  readonly precision?: Precision
  /** Never shortened when it is given. */
  readonly contextTokens?: number
  /** Requests that may fill the whole context at the same time. */
  readonly concurrency: number
  /** In order of preference; at least one. */
  readonly regions: readonly string[]
  readonly market: Market
  /** Names of `gpus`; absent = any. */
  readonly gpus?: readonly string[]
  readonly instanceTypes?: readonly string[]
  /** The machine alone, an hour. */
  readonly maxUsdPerHour?: number
  /** Everything, until the deadline. Without `ttlMs` the deadline follows from it. */
  readonly maxUsdTotal?: number
  readonly ttlMs?: number
  readonly prefer: Preference
}

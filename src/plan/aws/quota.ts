/** Which vCPU quota of the account an instance counts against: one for each class of types and market, and for each region. */
import type { Market } from './price.js'

export interface Quota {
  /** Service Quotas code; null where none is known for the class. */
  readonly code: string | null
  readonly name: string
}

export const quotaFamilies = ['g', 'p', 'p4', 'p5'] as const
export type QuotaFamily = (typeof quotaFamilies)[number]

/** One quota of GPU machines. `family`: of types, as `labos quota request` takes it. */
export interface GpuQuota {
  readonly code: string
  readonly name: string
  readonly market: Market
  readonly family: QuotaFamily
}

const quota = (code: string, name: string, market: Market, family: QuotaFamily): GpuQuota => ({
  code,
  name,
  market,
  family,
})

const ON_DEMAND_G = quota('L-DB2E81BA', 'Running On-Demand G and VT instances', 'on-demand', 'g')
const ON_DEMAND_P = quota('L-417A185B', 'Running On-Demand P instances', 'on-demand', 'p')
const SPOT_G = quota('L-3819A6DF', 'All G and VT Spot Instance Requests', 'spot', 'g')
const SPOT_P4 = quota('L-7212CCBC', 'All P4, P3 and P2 Spot Instance Requests', 'spot', 'p4')
const SPOT_P5 = quota('L-C4BD4855', 'All P5 Spot Instance Requests', 'spot', 'p5')

/** Those that AWS documents a code for. */
export const gpuQuotas: readonly GpuQuota[] = [ON_DEMAND_G, ON_DEMAND_P, SPOT_G, SPOT_P4, SPOT_P5]

const NO_CODE: Quota = { code: null, name: 'a spot quota that AWS documents under no code' }

export function quotaOf(instanceType: string, market: Market): Quota {
  const { code, name } = gpuQuotaOf(instanceType, market) ?? NO_CODE
  return { code, name }
}

function gpuQuotaOf(instanceType: string, market: Market): GpuQuota | undefined {
  const isP = instanceType.startsWith('p')
  if (market === 'on-demand') return isP ? ON_DEMAND_P : ON_DEMAND_G
  if (!isP) return SPOT_G
  if (/^p[234]/.test(instanceType)) return SPOT_P4
  return instanceType.startsWith('p5') ? SPOT_P5 : undefined
}

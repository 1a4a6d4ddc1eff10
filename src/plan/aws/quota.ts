/** Which vCPU quota of the account an instance counts against: one for each class of types and market, and for each region. */
import type { Market } from './price.js'

export interface Quota {
  /** Service Quotas code; null where none is known for the class. */
  readonly code: string | null
  readonly name: string
}

const quota = (code: string | null, name: string): Quota => ({ code, name })

const ON_DEMAND_G = quota('L-DB2E81BA', 'Running On-Demand G and VT instances')
const ON_DEMAND_P = quota('L-417A185B', 'Running On-Demand P instances')
const SPOT_G = quota('L-3819A6DF', 'All G and VT Spot Instance Requests')
const SPOT_P4 = quota('L-7212CCBC', 'All P4, P3 and P2 Spot Instance Requests')
const SPOT_P5 = quota('L-C4BD4855', 'All P5 Spot Instance Requests')

export function quotaOf(instanceType: string, market: Market): Quota {
  const isP = instanceType.startsWith('p')
  if (market === 'on-demand') return isP ? ON_DEMAND_P : ON_DEMAND_G
  if (!isP) return SPOT_G
  if (/^p[234]/.test(instanceType)) return SPOT_P4
  return instanceType.startsWith('p5') ? SPOT_P5 : quota(null, 'a spot quota that AWS documents under no code')
}

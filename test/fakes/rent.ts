import { shippedTable, type TypeTable } from '../../src/plan/aws/type-table.js'
import { catalog } from '../../src/plan/catalog.js'
import { type Rentable, rentableOf } from '../../src/plan/rent/candidate.js'
import type { Offer } from '../../src/plan/rent/offer.js'
import { planRent, type RentPlan } from '../../src/plan/rent/rent-plan.js'
import type { RentRequest } from '../../src/plan/rent/request.js'

export const rentRequest = (more: Partial<RentRequest> = {}): RentRequest => ({
  concurrency: 1,
  regions: ['us-east-1'],
  market: 'on-demand',
  prefer: 'cost',
  ...more,
})

export function rentable(id = 'deepseek-coder-v2'): Rentable {
  const model = catalog.find((entry) => entry.id === id)
  if (!model) throw new Error(`no ${id}`)
  return rentableOf(model)
}

/** A plan from the shipped table. */
export const rentPlan = (id?: string, more: Partial<RentRequest> = {}, table: TypeTable = shippedTable): RentPlan =>
  planRent(rentable(id), rentRequest(more), table)

export const fitting = ({ offers }: RentPlan): readonly Offer[] => offers.filter(({ verdict }) => verdict === 'fits')

export const typesOf = (plan: RentPlan): string[] => fitting(plan).map(({ instanceType }) => instanceType)

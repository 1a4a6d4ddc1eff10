/** What a lab's record keeps of its plan: the machines that fit, and what is served. Pure. */
import { rungsWithin } from '../../plan/rent/ladder-limit.js'
import type { Offer } from '../../plan/rent/offer.js'
import type { RentPlan } from '../../plan/rent/rent-plan.js'
import type { RentRequest } from '../../plan/rent/request.js'
import type { RentedLab, RentedOffer } from '../../state/record.js'

export function rentedPlan({ model, offers, notes }: RentPlan, limits: RentRequest): RentedLab['plan'] {
  const { id, title, repo, revision, precision, weightsBytes, servedNames } = model
  const fits = rungsWithin(offers, limits)
  return {
    provider: 'aws',
    model: { id, title, repo, revision, precision, weightsBytes, servedNames: [...servedNames] },
    offers: fits.map(rentedOffer),
    lease: { ttlMs: Math.min(...fits.map(({ deadlineMs }) => deadlineMs)) },
    notes: [...notes],
  }
}

/** The plan with the machines alone that will be tried: what the user agrees to. */
export const withinLimit = (plan: RentPlan, limits: RentRequest): RentPlan => ({
  ...plan,
  offers: rungsWithin(plan.offers, limits),
})

const rentedOffer = (offer: Offer): RentedOffer => ({
  instanceType: offer.instanceType,
  region: offer.region,
  market: offer.market,
  gpu: offer.gpu,
  gpuCount: offer.gpuCount,
  vcpus: offer.vcpus,
  contextTokens: offer.contextTokens,
  maxSequences: offer.maxSequences,
  usdPerHour: offer.usdPerHour,
  besidesUsdPerHour: offer.besidesUsdPerHour,
  deadlineMs: offer.deadlineMs,
  diskGB: offer.diskGB,
  diskThroughputMBps: offer.diskThroughputMBps,
  weightsOnLocalDisk: offer.weightsOnLocalDisk,
})

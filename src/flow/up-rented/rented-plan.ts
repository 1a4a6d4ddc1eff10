/** What a lab's record keeps of its plan: the machines that fit, and what is served. Pure. */
import { rungsWithin } from '../../plan/rent/ladder-limit.js'
import type { Offer } from '../../plan/rent/offer.js'
import { catalog } from '../../plan/catalog.js'
import type { RentPlan } from '../../plan/rent/rent-plan.js'
import { servingOf, type ServingWish } from '../../plan/rent/serving.js'
import type { RentRequest } from '../../plan/rent/request.js'
import type { RentedLab, RentedOffer } from '../../state/record.js'

/** Without `serving` the lab ends at its machine. */
export function rentedPlan(
  { model, offers, notes }: RentPlan,
  limits: RentRequest,
  serving?: ServingWish & { readonly wantsToken: boolean },
): RentedLab['plan'] {
  const { id, title, repo, revision, precision, weightsBytes, servedNames } = model
  const fits = rungsWithin(offers, limits)
  return {
    provider: 'aws',
    model: { id, title, repo, revision, precision, weightsBytes, servedNames: [...servedNames] },
    offers: fits.map(rentedOffer),
    lease: { ttlMs: Math.min(...fits.map(({ deadlineMs }) => deadlineMs)) },
    notes: [...notes],
    ...(serving ? { serving: servingRecord(model, fits, serving) } : {}),
  }
}

function servingRecord(
  model: RentPlan['model'],
  fits: readonly Offer[],
  wish: ServingWish & { readonly wantsToken: boolean },
): NonNullable<RentedLab['plan']['serving']> {
  const known = catalog.find(({ id }) => id === model.id)
  const { machines, fim, ...rest } = servingOf(
    { ...model, canary: known?.canary ?? null, fim: known?.fim ?? null },
    fits,
    wish,
    wish.wantsToken,
  )
  return { ...rest, machines: [...machines], fim: fim && { ...fim, stop: [...fim.stop] } }
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

/** What the plan did to make a model fit with room to spare, said in the order it was tried: context, precision, next GPU. */
import { formatContext } from '../../ui/counts.js'
import { formatUsd } from '../../ui/format.js'
import type { Candidate, Rentable } from './candidate.js'
import type { Offer } from './offer.js'
import type { RentRequest } from './request.js'

export function decisionsOf(
  rentable: Rentable,
  candidate: Candidate,
  offers: readonly Offer[],
  request: RentRequest,
): string[] {
  const [first] = offers
  if (first?.verdict !== 'fits') return []
  return [
    ...shortened(rentable, first, request),
    ...lowered(rentable, candidate, first, request),
    ...(request.prefer === 'cost' ? nextGpu(first, offers) : []),
  ]
}

function shortened(
  { contextMaxTokens }: Rentable,
  { contextTokens, instanceType }: Offer,
  request: RentRequest,
): string[] {
  if (request.contextTokens !== undefined || contextTokens >= contextMaxTokens) return []
  return [
    `Context ${formatContext(contextTokens)} instead of ${formatContext(contextMaxTokens)}: the longest that leaves a tenth spare on a ${instanceType}.`,
  ]
}

function lowered({ candidates }: Rentable, { precision }: Candidate, first: Offer, request: RentRequest): string[] {
  const [finest] = candidates
  if (request.precision !== undefined || !finest || finest.precision === precision) return []
  return [`${precision} instead of ${finest.precision}, which does not fit on a ${first.instanceType}.`]
}

/** A cheaper machine that was passed over for its memory: the one that came closest. */
function nextGpu(first: Offer, offers: readonly Offer[]): string[] {
  const cheaper = offers.find(
    ({ refusedFor, usdPerHour }) => refusedFor === 'memory' && (usdPerHour ?? Infinity) < (first.usdPerHour ?? 0),
  )
  if (!cheaper) return []
  const { instanceType, usdPerHour, reason } = cheaper
  return [`Not the cheaper ${instanceType} (${formatUsd(usdPerHour ?? 0)}/h): ${reason}.`]
}

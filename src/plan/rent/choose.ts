/** Every checkpoint on every type in every region asked for: which checkpoint, and the ladder of offers for it. */
import type { TypeTable } from '../aws/type-table.js'
import type { Precision } from '../precision.js'
import type { Candidate, Rentable } from './candidate.js'
import { type Offer, offersOf } from './offer.js'
import { ranked, type RankedOffer } from './rank.js'
import type { RentRequest } from './request.js'
import { contextsFor, suit } from './suit.js'

export interface Choice {
  readonly candidate: Candidate
  /** Those that fit, best first; then the refused ones, those that came closest first. */
  readonly offers: readonly Offer[]
  readonly alternatives: readonly Alternative[]
}

/** The best offer for another precision than the chosen one. */
export interface Alternative {
  readonly precision: Precision
  readonly instanceType: string
  readonly region: string
  readonly contextTokens: number
  readonly usdPerHour: number | null
}

interface Ladder {
  readonly candidate: Candidate
  readonly fits: readonly RankedOffer[]
  readonly refused: readonly RankedOffer[]
}

export function choose(rentable: Rentable, request: RentRequest, table: TypeTable): Choice {
  const ladders = rentable.candidates
    .filter(({ precision }) => request.precision === undefined || precision === request.precision)
    .map((candidate) => ladderOf(candidate, rentable, request, table))
  const chosen = best(ladders, request)
  return {
    candidate: chosen.candidate,
    offers: [...chosen.fits, ...chosen.refused].map(({ offer }) => offer),
    alternatives: ladders.filter((ladder) => ladder !== chosen).flatMap(alternativeOf),
  }
}

function ladderOf(candidate: Candidate, rentable: Rentable, request: RentRequest, table: TypeTable): Ladder {
  const contexts = contextsFor(rentable, request)
  const all = table.types.flatMap((type) => {
    const suited = suit(candidate, type, contexts, request.concurrency)
    // A machine that cannot do it cannot do it anywhere: once is enough.
    const regions = suited.refusal ? request.regions.slice(0, 1) : request.regions
    return offersOf(suited, regions, request, table).map((offer): RankedOffer => ({ suit: suited, offer }))
  })
  const fits = ranked(
    all.filter(({ offer }) => offer.verdict === 'fits'),
    request.prefer,
  )
  const refused = all.filter(({ offer }) => offer.verdict === 'refused').sort(compareRefused)
  return { candidate, fits, refused }
}

const REFUSALS = ['cost', 'price', 'region', 'memory', 'capability', 'architecture', 'filter'] as const

function compareRefused(a: RankedOffer, b: RankedOffer): number {
  const rank = ({ offer }: RankedOffer): number => REFUSALS.indexOf(offer.refusedFor ?? 'filter')
  const short = ({ suit: { refusal } }: RankedOffer): number => refusal?.shortGiB ?? 0
  const price = ({ offer }: RankedOffer): number => offer.usdPerHour ?? Number.MAX_VALUE
  return rank(a) - rank(b) || short(a) - short(b) || price(a) - price(b)
}

/** The checkpoint with the best first offer; where none has one, the most precise with the least precise's hope: the last. */
function best(ladders: readonly Ladder[], { prefer }: RentRequest): Ladder {
  const [first] = ranked(
    ladders.flatMap(({ fits }) => fits.slice(0, 1)),
    prefer,
  )
  const chosen = ladders.find(({ fits: [offer] }) => offer !== undefined && offer === first) ?? ladders.at(-1)
  if (!chosen) throw new Error('a model without checkpoints has no machine to rent')
  return chosen
}

function alternativeOf({ candidate, fits: [first] }: Ladder): Alternative[] {
  if (!first) return []
  const { instanceType, region, contextTokens, usdPerHour } = first.offer
  return [{ precision: candidate.precision, instanceType, region, contextTokens, usdPerHour }]
}

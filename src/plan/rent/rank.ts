/** Which of two offers is better. Pure numbers, compared one after the other; smaller is better. */
import { gpuNamed } from '../gpus.js'
import { qualityRank } from '../precision.js'
import type { Offer } from './offer.js'
import type { Preference } from './request.js'
import { isTight, type Suit } from './suit.js'

/** An offer with what it was made of. */
export interface RankedOffer {
  readonly offer: Offer
  readonly suit: Suit
}

/** A host whose memory is tight counts as a quarter dearer: loading from disk twice costs the minutes it saves. */
const TIGHT_FACTOR = 1.25

type Key = (ranked: RankedOffer) => number

const price: Key = ({ offer, suit }) =>
  (offer.usdPerHour ?? Infinity) * (isTight(suit.type, suit.candidate) ? TIGHT_FACTOR : 1)
const context: Key = ({ offer }) => -offer.contextTokens
const quality: Key = ({ suit }) => qualityRank(suit.candidate.precision)
/** Decoding waits for weights to pass through the GPUs' memory. */
const speed: Key = ({ suit: { type, tensorParallel } }) =>
  -gpuNamed(type.gpu, type.gpuMemoryMiB).bandwidthGBps * tensorParallel
const hostMemory: Key = ({ offer }) => -offer.memoryGiB

const KEYS: Readonly<Record<Preference, readonly Key[]>> = {
  cost: [price, quality, context, speed, hostMemory],
  quality: [quality, context, price, speed, hostMemory],
  speed: [speed, quality, price, context, hostMemory],
}

/** Best first. Equal offers stay in the order of the regions as they were named, then of the types in the table. */
export function ranked(offers: readonly RankedOffer[], prefer: Preference): RankedOffer[] {
  const keys = KEYS[prefer]
  return offers
    .map((entry) => ({ entry, values: keys.map((key) => key(entry)) }))
    .sort((a, b) => compare(a.values, b.values))
    .map(({ entry }) => entry)
}

/** Infinity - Infinity is no number, but equal ones are not subtracted. */
function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index])
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}

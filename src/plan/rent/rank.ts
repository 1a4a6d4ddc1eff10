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

/** Negative when `a` is better. Equal offers keep the order of the regions as they were named, then of the types' names. */
export function compareOffers(prefer: Preference): (a: RankedOffer, b: RankedOffer) => number {
  const keys = KEYS[prefer]
  return (a, b) => {
    for (const key of keys) {
      const [left, right] = [key(a), key(b)]
      if (left !== right) return left - right // Infinity - Infinity is NaN, but equal ones do not come here
    }
    return 0
  }
}

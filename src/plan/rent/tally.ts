/** All offers in one line: "12 fit; 7 above --max-price; 2 not in eu-west-1; 36 short of memory (g5.xlarge: 11.2 GiB short)". */
import type { Offer, RefusedFor } from './offer.js'

export interface TallyLine {
  readonly count: number
  readonly text: string
}

/** Reasons in the order of `offers`, which has those that came closest first. */
export function tally(offers: readonly Offer[]): TallyLine[] {
  const groups = new Map<string, Offer[]>()
  for (const offer of offers) {
    const group = groups.get(headingOf(offer))
    if (group) group.push(offer)
    else groups.set(headingOf(offer), [offer])
  }
  const lines = [...groups].map(([heading, group]) => ({ count: group.length, text: `${heading}${example(group)}` }))
  return groups.has(FIT) ? lines : [{ count: 0, text: FIT }, ...lines]
}

export const tallyText = (lines: readonly TallyLine[]): string =>
  lines.map(({ count, text }) => `${String(count)} ${text}`).join('; ')

const FIT = 'fit'

const HEADINGS: Partial<Readonly<Record<RefusedFor, string>>> = {
  filter: 'not asked for',
  architecture: 'on Arm hosts',
  capability: 'with GPUs too old',
  memory: 'short of memory',
}

const headingOf = ({ refusedFor, reason }: Offer): string =>
  refusedFor === null ? FIT : (HEADINGS[refusedFor] ?? reason)

/** The one that came closest, so that the number says something. */
const example = ([first]: readonly Offer[]): string =>
  first?.refusedFor === 'memory' ? ` (${first.instanceType}: ${first.reason})` : ''

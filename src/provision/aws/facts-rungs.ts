/** The ladder as the facts leave it: which machine in which zone, in which order, and what was taken out and why. Pure. */
import type { Network, Subnet } from '../../cloud-ports.js'
import type { Market } from '../../plan/aws/price.js'
import { quotaOf } from '../../plan/aws/quota.js'
import type { RegionFacts } from './facts.js'
import { valueOf } from './known.js'
import { freeVcpus } from './quota-facts.js'

/** What the ladder must say of an offer: offers of a plan and of a record both do. */
export interface LadderOffer {
  readonly instanceType: string
  readonly region: string
  readonly market: Market
  readonly vcpus: number
}

/** One machine to try. Zone and subnet are absent where they could not be read: AWS chooses then. */
export interface Rung<Offer> {
  readonly offer: Offer
  readonly zone?: string
  readonly subnetId?: string
}

export interface Dropped<Offer> {
  readonly offer: Offer
  readonly why: 'quota' | 'zone' | 'network' | 'price'
  /** A phrase: `not offered in any zone of eu-west-1`. */
  readonly text: string
  /** Of a quota that is short. */
  readonly quota?: QuotaShort
}

export interface QuotaShort {
  readonly code: string
  readonly name: string
  readonly market: Market
  readonly limitVcpus: number
  /** Undefined = not known. */
  readonly usedVcpus: number | undefined
  readonly neededVcpus: number
}

export interface Ladder<Offer> {
  readonly rungs: readonly Rung<Offer>[]
  readonly dropped: readonly Dropped<Offer>[]
}

/** Offers of other regions are left out. In the order of the offers, then of the zones; of spot machines the cheapest zone first. */
export function ladderIn<Offer extends LadderOffer>(offers: readonly Offer[], facts: RegionFacts): Ladder<Offer> {
  const rungs: Rung<Offer>[] = []
  const dropped: Dropped<Offer>[] = []
  for (const offer of offers.filter(({ region }) => region === facts.region)) {
    const short = quotaShort(offer, facts)
    const places = short ? [] : placesFor(offer, facts)
    if (short) dropped.push({ offer, why: 'quota', text: shortText(short), quota: short })
    else if ('why' in places) dropped.push({ offer, ...places })
    else rungs.push(...inOrder(places, offer, facts).map((place) => ({ offer, ...place })))
  }
  return { rungs, dropped }
}

function quotaShort({ instanceType, market, vcpus }: LadderOffer, { quotas }: RegionFacts): QuotaShort | undefined {
  const { code, name } = quotaOf(instanceType, market)
  const fact = quotas.find((quota) => quota.code === code)
  const free = fact ? freeVcpus(fact) : undefined
  if (code === null || !fact?.limitVcpus.known || free === undefined || free >= vcpus) return undefined
  const usedVcpus = valueOf(fact.usedVcpus)
  return { code, name, market, limitVcpus: fact.limitVcpus.value, usedVcpus, neededVcpus: vcpus }
}

const shortText = ({ code, limitVcpus, usedVcpus, neededVcpus }: QuotaShort): string =>
  `quota ${code}: ${String(neededVcpus)} vCPU needed, the limit is ${String(limitVcpus)}${usedVcpus ? `, ${String(usedVcpus)} in use` : ''}`

interface Place {
  readonly zone?: string
  readonly subnetId?: string
}

function placesFor(
  { instanceType }: LadderOffer,
  facts: RegionFacts,
): readonly Place[] | Omit<Dropped<never>, 'offer'> {
  const { region } = facts
  const zones = facts.zones.known ? (facts.zones.value.get(instanceType) ?? []) : undefined
  if (zones?.length === 0) return { why: 'zone', text: `not offered in any zone of ${region}` }
  if (!facts.network.known) return placesWithout(zones, facts.subnetId)
  const subnets = facts.network.value?.publicSubnets ?? []
  const places = subnets.filter(({ zone }) => zones?.includes(zone) ?? true).map(placeIn)
  return places.length > 0 ? places : { why: 'network', text: noSubnetText(facts.network.value, zones, facts) }
}

const placeIn = ({ id, zone }: Subnet): Place => ({ zone, subnetId: id })

/** The network could not be read: the default one's subnets are AWS's to choose. A subnet that was named lies in one zone. */
function placesWithout(zones: readonly string[] | undefined, subnetId: string | undefined): readonly Place[] {
  if (subnetId !== undefined) return [{ subnetId }]
  return zones ? zones.map((zone) => ({ zone })) : [{}]
}

function noSubnetText(
  network: Network | undefined,
  zones: readonly string[] | undefined,
  { region, subnetId }: RegionFacts,
): string {
  if (!network) return subnetId === undefined ? `no default network in ${region}` : `no subnet ${subnetId} in ${region}`
  if (network.publicSubnets.length === 0)
    return subnetId === undefined
      ? `no public subnet in ${network.vpcId}`
      : `${subnetId} has no way out to the internet`
  return `no public subnet in ${(zones ?? []).join(', ')}`
}

/** Zones whose price is not known come last; the rest keeps its order. */
function inOrder(
  places: readonly Place[],
  { instanceType, market }: LadderOffer,
  { spot }: RegionFacts,
): readonly Place[] {
  const prices = market === 'spot' && spot?.known ? spot.value.get(instanceType) : undefined
  if (!prices) return places
  const usd = ({ zone }: Place): number => prices.get(zone ?? '') ?? Number.MAX_VALUE
  return [...places].sort((a, b) => usd(a) - usd(b))
}

/** Without the zones in which a spot machine costs more than that now, whatever the plan's table says. */
export function withinSpotPrice<Offer extends LadderOffer>(
  { rungs, dropped }: Ladder<Offer>,
  { spot }: RegionFacts,
  maxUsdPerHour: number | undefined,
): Ladder<Offer> {
  const prices = spot?.known ? spot.value : undefined
  const priceOf = ({ offer, zone }: Rung<Offer>): number => prices?.get(offer.instanceType)?.get(zone ?? '') ?? 0
  const isDear = (rung: Rung<Offer>): boolean => priceOf(rung) > (maxUsdPerHour ?? Infinity)
  const dear = rungs.filter(isDear).map((rung): Dropped<Offer> => {
    const text = `spot costs $${priceOf(rung).toFixed(2)}/h in ${rung.zone ?? 'any zone'}, above --max-price`
    return { offer: rung.offer, why: 'price', text }
  })
  return { rungs: rungs.filter((rung) => !isDear(rung)), dropped: [...dropped, ...dear] }
}

/** A line for each reason, with the machines that it leaves out. */
export function droppedTexts(dropped: readonly Dropped<LadderOffer>[]): string[] {
  const groups = new Map<string, string[]>()
  for (const { offer, text, quota } of dropped) {
    const why = quota
      ? `quota ${quota.code} leaves ${String(Math.max(0, quota.limitVcpus - (quota.usedVcpus ?? 0)))} vCPUs: too few for`
      : `${text}:`
    groups.set(why, [...(groups.get(why) ?? []), offer.instanceType])
  }
  return [...groups].map(([why, types]) => `${why} ${listText(types)}`)
}

const LISTED = 1

const listText = (types: readonly string[]): string =>
  types.length <= LISTED + 1
    ? types.join(', ')
    : `${types.slice(0, LISTED).join(', ')} and ${String(types.length - LISTED)} more`

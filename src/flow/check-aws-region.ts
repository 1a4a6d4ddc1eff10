/** The facts of a region as a plan shows them. Pure. */
import { quotaConsole } from '../plan/aws/home-region.js'
import type { Offer } from '../plan/rent/offer.js'
import type { QuotaCheck, RegionCheck } from '../plan/rent/region-check.js'
import type { RegionFacts } from '../provision/aws/facts.js'
import { ladderIn } from '../provision/aws/facts-rungs.js'
import { ageDays, quotaRequest, refuseLaunch, warningsOf } from '../provision/aws/facts-verdict.js'
import { type Known, valueOf } from '../provision/aws/known.js'
import { freeVcpus, type QuotaFact } from '../provision/aws/quota-facts.js'

/** `offers`: those of the region that fit, best first. */
export function regionCheck(offers: readonly Offer[], facts: RegionFacts, nowMs: number): RegionCheck {
  const ladder = ladderIn(offers, facts)
  const image = valueOf(facts.image)
  const network = valueOf(facts.network)
  return {
    region: facts.region,
    enabled: [facts.zones, facts.network, facts.image].some(({ known }) => known) ? true : null,
    accountId: valueOf(facts.identity)?.accountId ?? null,
    image: image
      ? { id: image.id, name: image.name, createdAt: image.createdAt, ageDays: ageDays(image.createdAt, nowMs) }
      : null,
    zones: zonesOf(offers, facts),
    quotas: facts.quotas.flatMap((fact) => quotaCheck(fact, offers)),
    spot: spotOf(offers, facts),
    network: network
      ? {
          vpcId: network.vpcId,
          publicZones: network.publicSubnets.map(({ zone }) => zone),
          privateSubnets: network.privateSubnets.length,
        }
      : null,
    rungs: ladder.rungs.length,
    dropped: ladder.dropped.map(({ offer: { instanceType }, text }) => ({ instanceType, reason: text })),
    refusal: offers.length > 0 ? (refuseLaunch(facts, ladder) ?? null) : null,
    unknown: unknownOf(facts),
    warnings: warningsOf(facts, nowMs),
  }
}

function zonesOf(offers: readonly Offer[], { zones }: RegionFacts): RegionCheck['zones'] {
  if (!zones.known) return []
  return offers.map(({ instanceType }) => ({ instanceType, zones: zones.value.get(instanceType) ?? [] }))
}

function spotOf(offers: readonly Offer[], { spot }: RegionFacts): RegionCheck['spot'] {
  if (!spot?.known) return []
  return offers.flatMap(({ instanceType }) =>
    [...(spot.value.get(instanceType) ?? [])]
      .map(([zone, usdPerHour]) => ({ instanceType, zone, usdPerHour }))
      .sort((a, b) => a.usdPerHour - b.usdPerHour || a.zone.localeCompare(b.zone)),
  )
}

function quotaCheck(fact: QuotaFact, offers: readonly Offer[]): QuotaCheck[] {
  const best = offers.find(({ quota }) => quota.code === fact.code)
  if (!best) return []
  const { region, market, vcpus, quota } = best
  const usedVcpus = valueOf(fact.usedVcpus) ?? null
  const isShort = vcpus > (freeVcpus(fact) ?? Infinity)
  return [
    {
      code: fact.code,
      name: quota.name,
      limitVcpus: valueOf(fact.limitVcpus) ?? null,
      usedVcpus,
      neededVcpus: vcpus,
      console: quotaConsole(region, fact.code),
      request: isShort ? quotaRequest(region, fact.code, market, vcpus + (usedVcpus ?? 0)) : null,
    },
  ]
}

/** Each reason once: a read of the use is the same for all quotas. */
function unknownOf({ identity, image, zones, network, quotas, spot }: RegionFacts): RegionCheck['unknown'] {
  const facts: readonly (readonly [string, Known<unknown> | undefined])[] = [
    ['account', identity],
    ['image', image],
    ['zones', zones],
    ['network', network],
    ['spot prices', spot],
    ...quotas.map(({ code, limitVcpus }) => [`quota ${code}`, limitVcpus] as const),
    ['vCPUs in use', quotas[0]?.usedVcpus],
  ]
  return facts.flatMap(([what, fact]) => (fact && !fact.known ? [{ what, why: fact.why }] : []))
}

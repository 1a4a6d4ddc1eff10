/** What AWS said of a plan's regions, as text: 80 columns, but for a link, which stands alone. */
import type { QuotaCheck, RegionCheck } from '../plan/rent/region-check.js'
import { factLines } from '../ui/text.js'
import { formatUsd } from '../ui/format.js'
import type { Paint } from '../ui/paint.js'

const TYPES_SHOWN = 3
const ZONES_SHOWN = 4

type Fact = readonly [string, string]

export const checkLines = (checks: readonly RegionCheck[], paint: Paint): string[] =>
  checks.flatMap((check) => ['', `  ${paint.bold(titleOf(check))}`, ...factLines(factsOf(check))])

function titleOf({ region, enabled, accountId }: RegionCheck): string {
  if (enabled === false) return `AWS ${region}: not enabled`
  return `AWS ${region}: account ${accountId ?? 'not known'}`
}

const factsOf = (check: RegionCheck): Fact[] => [
  ...imageFacts(check),
  ...zoneFacts(check),
  ...check.quotas.slice(0, 1).flatMap(quotaFacts), // the best offer's
  ...spotFacts(check),
  ...networkFacts(check),
  ...verdictFacts(check),
  ...check.unknown.map(({ what, why }): Fact => ['unknown', `${what}: ${why}`]),
  ...check.warnings.map((text): Fact => ['warning', text]),
]

const imageFacts = ({ image }: RegionCheck): Fact[] =>
  image ? [['image', `${image.id}, ${String(image.ageDays)} days old (${image.name})`]] : []

function zoneFacts({ zones, region }: RegionCheck): Fact[] {
  const shown = zones.slice(0, TYPES_SHOWN)
  return shown.map(({ instanceType, zones: names }, index): Fact => {
    return [index === 0 ? 'zones' : '', `${instanceType}: ${letters(names, region)}`]
  })
}

/** Zones without the region: `a b c`. */
const letters = (zones: readonly string[], region: string): string =>
  zones.length === 0 ? 'none' : zones.map((zone) => zone.slice(region.length)).join(' ')

/** `0 of 64 in use`. */
export function quotaUse({ limitVcpus, usedVcpus }: Pick<QuotaCheck, 'limitVcpus' | 'usedVcpus'>): string {
  if (limitVcpus === null) return 'the limit is not known'
  return `${usedVcpus === null ? '?' : String(usedVcpus)} of ${String(limitVcpus)} in use`
}

function quotaFacts(quota: QuotaCheck): Fact[] {
  const { code, name, neededVcpus, request, console } = quota
  const text = `${String(neededVcpus)} vCPU needed, ${quotaUse(quota)}: "${name}" (${code})`
  if (request === null) return [['quota', text]]
  return [
    ['quota', `${text}. Ask for more: ${request}`],
    ['', console],
  ]
}

function spotFacts({ spot, region }: RegionCheck): Fact[] {
  const types = [...new Set(spot.map(({ instanceType }) => instanceType))].slice(0, TYPES_SHOWN)
  return types.map((type, index): Fact => {
    const zones = spot.filter(({ instanceType }) => instanceType === type).slice(0, ZONES_SHOWN)
    const prices = zones.map(({ zone, usdPerHour }) => `${zone.slice(region.length)} ${formatUsd(usdPerHour)}`)
    return [index === 0 ? 'spot' : '', `${type}: ${prices.join(', ')} an hour`]
  })
}

function networkFacts({ network, enabled, unknown, region }: RegionCheck): Fact[] {
  if (network) {
    return [['network', `${network.vpcId}, public subnets: ${letters(network.publicZones, region)}`]]
  }
  if (enabled !== true || unknown.some(({ what }) => what === 'network')) return []
  return [['network', 'none: labos up --make-network makes the default one, or --subnet ID names one']]
}

function verdictFacts({ refusal, quotas, enabled, rungs, dropped }: RegionCheck): Fact[] {
  if (!refusal) {
    const left = dropped.length === 0 ? '' : `; ${String(dropped.length)} types left out (--json says why)`
    return rungs === 0 ? [] : [['verdict', `${String(rungs)} ways to try, types by zones${left}`]]
  }
  const isShown = refusal.code === 'quota.vcpu' && quotas[0]?.request !== null
  const more = isShown || enabled === null ? [] : refusal.suggestions.slice(0, 1)
  return [['verdict', [refusal.message, ...more].join(' ').replaceAll('`', '')]]
}

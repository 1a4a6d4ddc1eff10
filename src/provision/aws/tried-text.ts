import type { Attempt } from '../../../infra/spec.js'

/** Each one was told of when it was refused: the error names the first. */
const TYPES_SHOWN = 4

/** `tried g6e.2xlarge in us-east-1a, b; g6e.xlarge in us-east-1a`. */
export function triedText(tried: readonly Attempt[]): string {
  const zones = new Map<string, string[]>()
  for (const { rung } of tried) {
    const type = `${rung.instanceType}${rung.market === 'spot' ? ' (spot)' : ''}`
    const zone = rung.zone ?? 'any zone'
    zones.set(type, [...new Set([...(zones.get(type) ?? []), zone])])
  }
  const parts = [...zones].map(([type, places]) => `${type} in ${zonesText(places)}`)
  const more = parts.length - TYPES_SHOWN
  const shown = [...parts.slice(0, TYPES_SHOWN), ...(more > 0 ? [`${String(more)} more types`] : [])]
  return parts.length > 0 ? `tried ${shown.join('; ')}` : 'nothing could be tried'
}

/** Zones of one region differ in their last letter. */
function zonesText([first = '', ...others]: readonly string[]): string {
  const region = first.slice(0, -1)
  return [first, ...others.map((zone) => (zone.startsWith(region) ? zone.slice(region.length) : zone))].join(', ')
}

import type { Attempt } from '../../../infra/spec.js'

/** `tried g6e.2xlarge in us-east-1a, us-east-1b; g6e.xlarge in us-east-1a`. */
export function triedText(tried: readonly Attempt[]): string {
  const zones = new Map<string, string[]>()
  for (const { rung } of tried) {
    const type = `${rung.instanceType}${rung.market === 'spot' ? ' (spot)' : ''}`
    const zone = rung.zone ?? 'any zone'
    zones.set(type, [...new Set([...(zones.get(type) ?? []), zone])])
  }
  const parts = [...zones].map(([type, places]) => `${type} in ${places.join(', ')}`)
  return parts.length > 0 ? `tried ${parts.join('; ')}` : 'nothing could be tried'
}

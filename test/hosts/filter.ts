/** What the region's router lets through, as a ruleset of nft. Pure. */

/** What reaches a guest from outside. */
export interface IngressRule {
  readonly protocol: 'tcp' | 'udp' | 'icmp' | 'all'
  /** Absent = all ports. */
  readonly ports?: readonly [from: number, to: number]
  /** Addresses or blocks of them, IPv4. */
  readonly from: readonly string[]
}

export interface FilteredGuest {
  readonly address: string
  readonly ingress: readonly IngressRule[]
  /** Nothing gets through, in either direction. */
  readonly isCut: boolean
}

export interface FilterPlan {
  readonly caller: string
  readonly metadataPort: number
  readonly guests: readonly FilteredGuest[]
}

export const METADATA = '169.254.169.254'

/**
 * Replaces what was there in one step. What no rule lets in meets silence, as on EC2; out of it a guest reaches this
 * computer and the other guests, and is told so of everything else. The metadata service is no part of the network.
 */
export function ruleset({ caller, metadataPort, guests }: FilterPlan): string {
  const cut = guests.filter(({ isCut }) => isCut).map(({ address }) => address)
  return `table ip labos
delete table ip labos
table ip labos {
  chain metadata {
    type nat hook prerouting priority dstnat
    ip daddr ${METADATA} tcp dport 80 dnat to ${caller}:${String(metadataPort)}
  }
  chain pass {
    type filter hook forward priority filter; policy drop
    ct original ip daddr ${METADATA} accept
${cut.flatMap((address) => [`    ip saddr ${address} drop`, `    ip daddr ${address} drop`]).join('\n')}
    ct state established,related accept
    ip daddr ${caller} accept
${guests.flatMap(({ address, ingress }) => ingress.flatMap((rule) => accepted(rule, address))).join('\n')}
    iifname != "uplink" oifname "uplink" reject
  }
}
`
}

function accepted({ protocol, ports, from }: IngressRule, address: string): string[] {
  if (from.length === 0) return []
  const who = `ip saddr { ${from.join(', ')} } ip daddr ${address}`
  const range = ports?.join('-')
  if (protocol === 'all') return [`    ${who} accept`]
  if (protocol === 'icmp' || range === undefined) return [`    ${who} ip protocol ${protocol} accept`]
  return [`    ${who} ${protocol} dport ${range} accept`]
}

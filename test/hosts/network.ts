/** The network of a region: a router between this computer and the guests, each in a network namespace of its own. */
import { type FilterPlan, ruleset } from './filter.js'
import { run } from './shell.js'
import type { Street } from './street.js'

export interface Network {
  /** A namespace with a way to the router; resolves to its name. */
  attach(guest: string, address: string): Promise<string>
  detach(guest: string): Promise<void>
  /** One after the other, each as a whole. */
  filter(plan: FilterPlan): Promise<void>
}

const spaceOf = ({ run: number }: Street, name: string): string => `labos-${number}-${name}`
const batch = (lines: readonly string[]): Promise<string> => run(['ip', '-batch', '-'], { stdin: lines.join('\n') })
const inside = (space: string, argv: readonly string[], stdin = ''): Promise<string> =>
  run(['ip', 'netns', 'exec', space, ...argv], { stdin })

export async function makeNetwork(street: Street): Promise<Network> {
  const router = spaceOf(street, 'router')
  await makeRouter(street, router)
  let filtered: Promise<unknown> = Promise.resolve()
  return {
    attach: (guest, address) => attach({ street, router, guest, address }),
    detach: async (guest) => {
      await run(['ip', 'netns', 'del', spaceOf(street, guest)])
    },
    filter: (plan) => {
      const next = filtered.then(() => inside(router, ['nft', '-f', '-'], ruleset(plan)))
      filtered = next.catch(() => undefined)
      return next.then(() => undefined)
    },
  }
}

/** An address that no guest has is silent: without a route for it the packet would leave this computer, or be answered. */
async function makeRouter(street: Street, router: string): Promise<void> {
  const link = `labos-${street.run}`
  await batch([
    `netns add ${router}`,
    `link add ${link} type veth peer name uplink netns ${router}`,
    `address add ${street.caller}/30 dev ${link}`,
    `link set ${link} up`,
    `route add unreachable ${street.block} metric 4096`,
    `route add ${street.block} via ${street.router} dev ${link}`,
  ])
  const routes = [
    'link set lo up',
    `address add ${street.router}/30 dev uplink`,
    'link set uplink up',
    `route add blackhole ${street.block}`,
    `route add default via ${street.caller}`, // up to the filter, which refuses it by name
  ]
  await inside(router, ['ip', '-batch', '-'], routes.join('\n'))
  await inside(router, ['sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward'])
}

interface Attachment {
  readonly street: Street
  readonly router: string
  readonly guest: string
  readonly address: string
}

async function attach({ street, router, guest, address }: Attachment): Promise<string> {
  const space = spaceOf(street, guest)
  await run(['ip', 'netns', 'add', space])
  await run(['ip', '-n', router, '-batch', '-'], {
    stdin: [
      `link add ${guest} type veth peer name eth0 netns ${space}`,
      `link set ${guest} up`,
      `route add ${address} dev ${guest} src ${street.router}`,
    ].join('\n'),
  })
  await run(['ip', '-n', space, '-batch', '-'], {
    stdin: [
      'link set lo up',
      `address add ${address}/32 dev eth0`,
      'link set eth0 up',
      `route add default via ${street.router} dev eth0 onlink src ${address}`,
    ].join('\n'),
  })
  return space
}

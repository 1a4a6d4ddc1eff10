import type { Aws, OpenAws } from '../../src/cloud-ports.js'

type Parts = { readonly [Part in keyof Aws]?: Partial<Aws[Part]> }

/** AWS in which nothing can be asked but what a test gives. */
export const fakeAws = (parts: Parts = {}): Aws => ({
  ec2: { ...absent(['gpuTypes', 'zones', 'spotPrices', 'regions']), ...parts.ec2 },
  pricing: { ...absent(['onDemand']), ...parts.pricing },
  account: { ...absent(['identity', 'decode']), ...parts.account },
  launch: {
    ...absent(['image', 'zonesOf', 'network', 'quotaVcpus', 'vcpusInUse', 'spotByZone', 'makeDefaultNetwork']),
    ...absent(['requestQuota']),
    ...parts.launch,
  },
  holdings: { ...absent(['list', 'machine', 'terminate', 'stop', 'start', 'remove', 'tag']), ...parts.holdings },
  access: { ...absent(['groups', 'allow', 'disallow']), ...parts.access },
})

/** The same in every region. */
export const fakeOpenAws =
  (parts: Parts = {}): OpenAws =>
  () =>
    Promise.resolve(fakeAws(parts))

function absent<Name extends string>(names: readonly Name[]): Record<Name, () => Promise<never>> {
  const entries = names.map((name) => [name, () => Promise.reject(new Error(`this test has no ${name}`))])
  return Object.fromEntries(entries) as Record<Name, () => Promise<never>>
}

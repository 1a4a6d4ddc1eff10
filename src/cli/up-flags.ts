/** Flags of `labos up`, and what they ask for: a lab on this computer, or one on a rented machine. */
import { Flags, type Interfaces } from '@oclif/core'
import { LabosError } from '../errors/labos-error.js'
import { RENTED_FLAGS } from '../flow/rented-flags.js'
import type { UpRequest } from '../flow/request.js'
import type { HostUpRequest } from '../flow/up-host/request.js'
import type { RentUpRequest } from '../flow/up-rented/request.js'
import { env } from './env.js'
import { HOST_FLAGS, hostFlags, hostRequest } from './host-flags.js'
import { planProvider } from '../flow/plan-provider.js'
import { duration, given, limit, list, listed } from './flags.js'
import { rentFlags, rentWish } from './rent-flags.js'
import { SERVING_FLAGS, servingFlags, servingWish } from './serving-flags.js'

const RENTED = 'RENTED MACHINES'
const LOCAL = 'THIS COMPUTER'

export const upFlags = {
  provider: Flags.option({ options: ['aws', 'local', 'ssh'] as const })({
    env: 'LABOS_PROVIDER',
    description:
      'Where the machine comes from: rented, this computer, or a host of your own. Default: aws, where there is something to rent for the model.',
  }),
  until: Flags.option({ options: ['machine', 'endpoint'] as const })({
    env: 'LABOS_UNTIL',
    description: 'How far to go: a rented machine alone, or until the model answers. Default: endpoint.',
  }),
  name: Flags.string({ char: 'n', env: 'LABOS_NAME', description: "Name of the lab. Default: the model's." }),
  timeout: duration({
    env: 'LABOS_TIMEOUT',
    description: 'Give up (exit 124) when it is not up after this long: 20m.',
  }),
  yes: Flags.boolean({ char: 'y', env: 'LABOS_YES', description: 'Agree to the plan beforehand.' }),
  'dry-run': Flags.boolean({ env: 'LABOS_DRY_RUN', description: 'Show the plan and stop.' }),
  'run-id': Flags.string({
    env: 'LABOS_RUN_ID',
    description: 'Mark what is made: labos down --run ID ends it. Default: GITHUB_RUN_ID or CI_JOB_ID.',
  }),
  engine: Flags.option({ options: ['llama.cpp', 'ollama'] as const })({
    env: 'LABOS_ENGINE',
    helpGroup: LOCAL,
    description: 'What serves the model; ollama uses the one you installed. Default: llama.cpp.',
  }),
  port: Flags.integer({
    char: 'p',
    min: 0,
    max: 65_535,
    env: 'LABOS_PORT',
    description: 'Loopback port; 0 picks a free one. Default: 8484 or the next free one.',
  }),
  idle: limit({
    env: 'LABOS_IDLE',
    description: 'End the lab after this long without a request: 30m, none. Default: 30m where it costs money.',
  }),
  ...grouped(rentFlags, ['context', 'ttl']),
  ...grouped(servingFlags, []),
  ...hostFlags,
  'allow-cidr': Flags.string({
    ...list,
    env: 'LABOS_ALLOW_CIDR',
    helpGroup: RENTED,
    description: 'Who may reach port 22: 203.0.113.7/32. Default: your own address.',
  }),
  subnet: Flags.string({
    env: 'LABOS_SUBNET',
    helpGroup: RENTED,
    description: "A public subnet to put the machine in. Default: the default network's.",
  }),
  'make-network': Flags.boolean({
    env: 'LABOS_MAKE_NETWORK',
    helpGroup: RENTED,
    description: 'Make the default network of AWS where the region has none.',
  }),
  'wait-capacity': duration({
    env: 'LABOS_WAIT_CAPACITY',
    helpGroup: RENTED,
    description: 'Try again for this long when AWS has no such machine free: 30m.',
  }),
  keep: Flags.boolean({
    env: 'LABOS_KEEP',
    helpGroup: RENTED,
    description: 'Leave what was made when it fails; it is billed until its deadline.',
  }),
}

export type UpFlags = Interfaces.InferredFlags<typeof upFlags>

/** Flags that mean something for both keep the group of all; the rest is of rented machines. */
function grouped<T extends Record<string, object>>(flags: T, common: readonly string[]): T {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [name, common.includes(name) ? flag : { ...flag, helpGroup: RENTED }]),
  ) as T
}

export type LabKind = 'local' | 'rented' | 'host'

const WORDS: Readonly<Record<LabKind, { readonly about: string; readonly provider: string }>> = {
  local: { about: 'labs on this computer', provider: 'local' },
  rented: { about: 'rented machines', provider: 'aws' },
  host: { about: 'a host of your own', provider: 'ssh' },
}

/**
 * Throws `usage.value` for what another kind of lab alone can be asked, where it was typed: defaults from the environment
 * or config.yaml are for whichever kind they suit.
 */
export function labKind(model: string, flags: UpFlags, argv: readonly string[]): LabKind {
  const typed = (name: string): boolean => argv.some((word) => word === `--${name}` || word.startsWith(`--${name}=`))
  const kind = kindOf(model, flags, typed)
  if (kind !== 'rented' && flags.until === 'machine')
    throw new LabosError('usage.value', '--until machine is about rented machines: this is one already.', {
      suggestions: ['Leave it out, or use `--provider aws`.'],
    })
  const wrong = Object.keys(ONLY).find((flag) => typed(flag) && !ONLY[flag]?.includes(kind))
  if (wrong === undefined) return kind
  const kinds = ONLY[wrong] ?? []
  throw new LabosError('usage.value', `--${wrong} is about ${kinds.map((each) => WORDS[each].about).join(' and ')}.`, {
    suggestions: [`Leave it out, or use \`--provider ${WORDS[kinds[0] ?? 'local'].provider}\`.`],
  })
}

/** As said; else what a typed flag can only mean; else where the model is served best. */
function kindOf(model: string, flags: UpFlags, typed: (name: string) => boolean): LabKind {
  const kinds = { aws: 'rented', local: 'local', ssh: 'host' } as const
  if (flags.provider !== undefined) return kinds[flags.provider]
  if (flags.until === 'machine') return 'rented'
  if (typed('host')) return 'host'
  return typed('engine') ? 'local' : kinds[planProvider(model, undefined)]
}

const onlyFor = (flags: readonly string[], ...kinds: LabKind[]): Record<string, readonly LabKind[]> =>
  Object.fromEntries(flags.map((flag) => [flag, kinds]))

/** Flags that do not mean something for every kind. */
const ONLY: Readonly<Record<string, readonly LabKind[]>> = {
  ...onlyFor(['engine'], 'local'),
  ...onlyFor([...RENTED_FLAGS, 'subnet', 'make-network', 'wait-capacity', 'allow-cidr'], 'rented'),
  ...onlyFor([...SERVING_FLAGS, 'precision', 'vram', 'keep'], 'rented', 'host'),
  ...onlyFor(HOST_FLAGS, 'host'),
}

/** Of a CI run: what the user says, else what GitHub and GitLab do. */
const runIdOf = (flags: UpFlags): { readonly runId?: string } =>
  given({ runId: flags['run-id'] ?? env['GITHUB_RUN_ID'] ?? env['CI_JOB_ID'] })

export function localRequest(model: string, flags: UpFlags): UpRequest {
  const { ttl, idle, port, name, engine, context: contextTokens } = flags
  return {
    model,
    agreed: flags.yes,
    lease: given({ ttlMs: ttl, idleMs: idle === 0 ? undefined : idle }),
    ...given({ name, engine, port, contextTokens }),
    ...runIdOf(flags),
  }
}

export const ownHostRequest = (model: string, flags: UpFlags): HostUpRequest => ({
  ...hostRequest(model, flags),
  ...runIdOf(flags),
})

export function rentRequest(model: string, flags: UpFlags): RentUpRequest {
  const ingress = listed(flags['allow-cidr'])
  const wrong = ingress.find((cidr) => !CIDR.test(cidr))
  if (wrong !== undefined)
    throw new LabosError('usage.value', `--allow-cidr ${wrong} is no block of IPv4 addresses.`, {
      suggestions: ['One address: `--allow-cidr 203.0.113.7/32`.'],
    })
  return {
    wish: { ...rentWish(model, flags), check: false },
    until: flags.until ?? 'endpoint',
    serving: servingWish(flags),
    typed: { regions: (flags.region?.length ?? 0) > 0, market: flags.spot },
    agreed: flags.yes,
    keep: flags.keep,
    ingress,
    makeNetwork: flags['make-network'],
    waitCapacityMs: flags['wait-capacity'] ?? 0,
    ...given({ name: flags.name, port: flags.port, subnetId: flags.subnet }),
    ...runIdOf(flags),
  }
}

const CIDR = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!\/)|(?=\/))){4}\/(?:3[0-2]|[12]?\d)$/

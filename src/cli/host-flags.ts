/** A host of the user's own, as flags of `labos up`. */
import { homedir } from 'node:os'
import { Flags, type Interfaces } from '@oclif/core'
import { LabosError } from '../errors/labos-error.js'
import type { HostUpRequest } from '../flow/up-host/request.js'
import { given } from './flags.js'
import type { rentFlags } from './rent-flags.js'
import { type servingFlags, servingWish } from './serving-flags.js'

const HOST = 'A HOST OF YOUR OWN'

export const hostFlags = {
  host: Flags.string({
    env: 'LABOS_HOST',
    helpGroup: HOST,
    description:
      'Where the model is to be served, with --provider ssh: user@box, user@box:2222, a name of ~/.ssh/config.',
  }),
  identity: Flags.string({
    env: 'LABOS_IDENTITY',
    helpGroup: HOST,
    description: 'Private key file to log in with. Default: the agent, then what OpenSSH would use.',
  }),
  'host-key': Flags.string({
    env: 'LABOS_HOST_KEY',
    helpGroup: HOST,
    description: "The host key to accept: 'ssh-ed25519 AAAA...'. Default: those in known_hosts.",
  }),
}

export const HOST_FLAGS = ['host', 'identity', 'host-key'] as const

type Asked = Interfaces.InferredFlags<typeof hostFlags> &
  Interfaces.InferredFlags<typeof servingFlags> &
  Pick<Interfaces.InferredFlags<typeof rentFlags>, 'precision' | 'context' | 'concurrency' | 'ttl' | 'vram'> & {
    readonly idle: number | undefined
    readonly port: number | undefined
    readonly name: string | undefined
    readonly yes: boolean
    readonly keep: boolean
  }

/** Throws `usage.value` without a host. */
export function hostRequest(model: string, flags: Asked): HostUpRequest {
  const { host: target, identity } = flags
  if (target === undefined)
    throw new LabosError('usage.value', '--provider ssh needs a host.', {
      suggestions: ['Name it: `--host user@box`.', 'For another machine of AWS: `--provider aws`.'],
    })
  return {
    model,
    target,
    concurrency: flags.concurrency,
    serving: { ...servingWish(flags), idleMs: flags.idle ?? 0 },
    agreed: flags.yes,
    keep: flags.keep,
    ...given({
      identity: identity?.replace(/^~(?=\/)/, homedir()),
      hostKey: flags['host-key'],
      precision: flags.precision,
      contextTokens: flags.context,
      vramGiB: flags.vram,
      ttlMs: flags.ttl,
      port: flags.port,
      name: flags.name,
    }),
  }
}

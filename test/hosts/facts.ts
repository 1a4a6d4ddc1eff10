/** What a guest is booted with, and what it can learn of itself. */
import { randomBytes } from 'node:crypto'
import type { IngressRule } from './filter.js'

export interface GuestFacts {
  readonly instanceId: string
  readonly instanceType: string
  readonly imageId: string
  readonly region: string
  readonly zone: string
  readonly privateAddress: string
  /** The public one of its first boot; absent = one of the region's choice. */
  readonly address?: string
  /** As EC2 has it after base64: cloud-config, a script, or either in gzip. */
  readonly userData: Buffer
  /** Name to `ssh-ed25519 AAAA...`. */
  readonly publicKeys: Readonly<Record<string, string>>
  /** Whether the metadata service answers only who has a token. */
  readonly needsToken: boolean
  /** As the metadata service says them at that moment; undefined = they are not to be seen there. */
  readonly tags: () => Promise<Readonly<Record<string, string>> | undefined>
  /** What reaches it from outside, from the first moment on. */
  readonly ingress: readonly IngressRule[]
  /** Content of the file that nvidia-smi reads, where it is to be another than the type's. */
  readonly gpu?: string
  /** The size of the machine's own disk at /opt/dlami/nvme; absent = as big as this computer's. */
  readonly nvmeMiB?: number
}

export interface GuestWish extends Partial<Omit<GuestFacts, 'userData'>> {
  readonly userData?: Buffer | string
}

/** A g6e.xlarge of us-east-1 that can be reached on port 22, where nothing else is wished. */
export function factsOf({ userData = '', ...wish }: GuestWish, caller: string): GuestFacts {
  return {
    instanceId: `i-${randomBytes(9).toString('hex').slice(1)}`,
    instanceType: 'g6e.xlarge',
    imageId: 'ami-12345678',
    region: 'us-east-1',
    zone: 'us-east-1a',
    privateAddress: '172.31.0.10',
    publicKeys: {},
    needsToken: true,
    tags: () => Promise.resolve({}),
    ingress: [{ protocol: 'tcp', ports: [22, 22], from: [caller] }],
    ...wish,
    userData: Buffer.from(userData as string),
  }
}

import type { Aws, Launch, MachineImage, Network } from '../../src/cloud-ports.js'
import type { RegionFacts } from '../../src/provision/aws/facts.js'
import type { Known } from '../../src/provision/aws/known.js'
import { LabosError } from '../../src/errors/labos-error.js'
import { fakeAws } from './aws.js'

export const known = <T>(value: T): Known<T> => ({ known: true, value })

export const refused = (message = 'AWS refuses it.'): LabosError =>
  new LabosError('aws.refused', message, { suggestions: ['Allow it.'] })

export const unknown = (error = refused()): Known<never> => ({ known: false, why: error.message, error })

export const someImage: MachineImage = {
  id: 'ami-1',
  name: 'Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 22.04) 20251220',
  rootDevice: '/dev/sda1',
  snapshotGB: 65,
  createdAt: '2025-12-20T00:00:00.000Z',
}

export const someNetwork: Network = {
  vpcId: 'vpc-1',
  publicSubnets: [
    { id: 'subnet-a', zone: 'us-east-1a' },
    { id: 'subnet-b', zone: 'us-east-1b' },
  ],
  privateSubnets: [],
}

/** A region in which everything is as it should be. */
export const someRegionFacts = (more: Partial<RegionFacts> = {}): RegionFacts => ({
  region: 'us-east-1',
  identity: known({ accountId: '123456789012', arn: 'arn:aws:iam::123456789012:user/me' }),
  image: known(someImage),
  zones: known(
    new Map([
      ['g6.2xlarge', ['us-east-1a', 'us-east-1b']],
      ['g6e.xlarge', ['us-east-1b', 'us-east-1c']],
    ]),
  ),
  network: known(someNetwork),
  quotas: [{ code: 'L-DB2E81BA', limitVcpus: known(64), usedVcpus: known(0) }],
  ...more,
})

/** The same as an account that can be asked; `serverMs` is its clock. */
export const willingAws = (more: Partial<Launch> = {}, identity: Partial<Aws['account']> = {}): Aws =>
  fakeAws({
    account: {
      identity: async () => ({ accountId: '123456789012', arn: 'arn:aws:iam::123456789012:user/me' }),
      ...identity,
    },
    launch: {
      image: async () => someImage,
      zonesOf: async (types) => new Map(types.map((type) => [type, ['us-east-1a', 'us-east-1b']])),
      network: async () => someNetwork,
      quotaVcpus: async () => 64,
      vcpusInUse: async () => [],
      spotByZone: async (types) => new Map(types.map((type) => [type, new Map([['us-east-1b', 0.31]])])),
      ...more,
    },
  })

/** What may be asked of a rented machine, as flags. */
import { Flags, type Interfaces } from '@oclif/core'
import type { RentWish } from '../flow/plan-rent.js'
import { precisions } from '../plan/precision.js'
import { preferences } from '../plan/rent/request.js'
import { LIST_PRICE_REGION } from '../plan/aws/price.js'
import { env } from './env.js'
import { duration, given, list, listed, tokens, usd } from './flags.js'

const CONCURRENCY_MOST = 1024
const VRAM_MOST_GIB = 10_000

export const rentFlags = {
  precision: Flags.option({ options: precisions })({
    env: 'LABOS_PRECISION',
    description: 'How the weights are stored. Default: what suits the preference.',
  }),
  context: tokens({ env: 'LABOS_CONTEXT', description: 'Context length in tokens: 64k. Never shortened then.' }),
  concurrency: Flags.integer({
    min: 1,
    max: CONCURRENCY_MOST,
    env: 'LABOS_CONCURRENCY',
    default: 1,
    description: 'Requests that may fill the whole context at the same time.',
  }),
  region: Flags.string({
    ...list,
    env: 'LABOS_REGION',
    description: `Regions, best first. Default: AWS_REGION, else ${LIST_PRICE_REGION}.`,
  }),
  gpu: Flags.string({ ...list, env: 'LABOS_GPU', description: 'Only these GPUs: L4, A100, H100.' }),
  'instance-type': Flags.string({
    ...list,
    env: 'LABOS_INSTANCE_TYPE',
    description: 'Only these types: g6e.2xlarge.',
  }),
  spot: Flags.boolean({ env: 'LABOS_SPOT', description: 'Spot machines: cheaper, and AWS may end them any time.' }),
  'max-price': usd({ env: 'LABOS_MAX_PRICE', description: 'US dollars an hour at most, the machine alone: 2.5.' }),
  'max-cost': usd({
    env: 'LABOS_MAX_COST',
    description: 'US dollars in all at most. Without --ttl the deadline follows.',
  }),
  ttl: duration({
    env: 'LABOS_TTL',
    description: 'Deadline, after which the lab ends itself. Default: 4h for rented machines, else none.',
  }),
  prefer: Flags.option({ options: preferences })({
    env: 'LABOS_PREFER',
    default: 'cost' as const,
    description: 'What comes first: the price, the speed, or the precision of the weights.',
  }),
  vram: Flags.integer({
    min: 1,
    max: VRAM_MOST_GIB,
    env: 'LABOS_VRAM',
    description: 'GPU memory in GiB that the model takes in all, where labos cannot compute it.',
  }),
}

export type RentFlags = Interfaces.InferredFlags<typeof rentFlags>

export function rentWish(model: string, flags: RentFlags): Omit<RentWish, 'check'> {
  const [regions, gpus, instanceTypes] = [flags.region, flags.gpu, flags['instance-type']].map((value) => {
    const values = listed(value)
    return values.length > 0 ? values : undefined
  })
  return {
    model,
    concurrency: flags.concurrency,
    regions: regions ? [...new Set(regions)] : [homeRegion()],
    market: flags.spot ? 'spot' : 'on-demand',
    prefer: flags.prefer,
    ...given({
      gpus,
      instanceTypes,
      precision: flags.precision,
      contextTokens: flags.context,
      maxUsdPerHour: flags['max-price'],
      maxUsdTotal: flags['max-cost'],
      ttlMs: flags.ttl,
      vramGiB: flags.vram,
    }),
  }
}

/** Where the user's other AWS programs work. */
export const homeRegion = (): string => env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || LIST_PRICE_REGION

/** Everything that AWS says of one region, each part by itself. */
import { LabosError } from '../errors/labos-error.js'
import type { RegionAnswers } from '../plan/aws/merge.js'
import type { TypeTable } from '../plan/aws/type-table.js'
import type { Context } from './context.js'

export interface RegionReading {
  readonly answers: RegionAnswers
  /** GPU types of the region: as it says, or as was known where it does not. */
  readonly names: readonly string[]
  /** Why the parts that are missing are missing. */
  readonly failures: readonly LabosError[]
}

/** What one part may fail with while the others are right. Without credentials none is. */
const PARTIAL: ReadonlySet<string> = new Set(['aws.refused', 'aws.region', 'aws.unreachable'])

/** Throws `aws.credentials`, and what is wrong with labos. */
export async function askRegion(
  region: string,
  known: TypeTable,
  { aws }: Pick<Context, 'aws'>,
  signal: AbortSignal,
): Promise<RegionReading> {
  const { ec2, pricing } = await aws(region)
  const failures: LabosError[] = []
  const part = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work
    } catch (error) {
      if (!(error instanceof LabosError) || !PARTIAL.has(error.code)) throw error
      failures.push(error)
      return undefined
    }
  }
  const types = await part(ec2.gpuTypes(signal))
  const names = (types ?? known.types.filter(({ zones }) => zones[region])).map(({ instanceType }) => instanceType)
  const [zones, spot, onDemand] = await Promise.all([
    part(ec2.zones(signal)),
    part(names.length > 0 ? ec2.spotPrices(names, signal) : Promise.resolve(new Map<string, number>())),
    part(pricing.onDemand(region, signal)),
  ])
  const answers: RegionAnswers = {
    region,
    ...(types ? { types } : {}),
    ...(zones ? { zones } : {}),
    ...(spot ? { spot } : {}),
    ...(onDemand ? { onDemand } : {}),
  }
  return { answers, names, failures }
}

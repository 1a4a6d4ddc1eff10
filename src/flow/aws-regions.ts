/** Which regions a refresh is about, and whether the account may use them. */
import { LabosError } from '../errors/labos-error.js'
import { homeOf } from '../plan/aws/home-region.js'
import type { TypeTable } from '../plan/aws/type-table.js'
import { nearest } from '../plan/find-model.js'
import { regionsOf } from '../plan/rent/check.js'
import type { AwsRegion } from '../cloud-ports.js'
import type { Context } from './context.js'

interface RegionsWish {
  readonly regions: readonly string[]
  readonly all: boolean
}

/**
 * Throws `usage.value` for a region that does not exist, `aws.refused` for one that is not enabled, and what asking
 * throws. An account that may not ask which regions there are is taken at its word, unless it wants all of them.
 */
export async function refreshRegions(
  { regions, all }: RegionsWish,
  table: TypeTable,
  { aws, emit }: Pick<Context, 'aws' | 'emit'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const odd = all ? undefined : regions.find((region) => !REGION.test(region))
  if (odd !== undefined) throw unknownRegion(odd, regionsOf(table))
  const [first = ''] = regions
  const { ec2 } = await aws(homeOf(first))
  if (all) return (await ec2.regions(signal)).filter(({ isEnabled }) => isEnabled).map(({ name }) => name)
  const known = await ec2.regions(signal).catch((error: unknown) => {
    if (!(error instanceof LabosError) || error.code !== 'aws.refused') throw error
    emit({ type: 'note', step: 'facts', text: `${error.message} The regions are taken as you named them` })
    return undefined
  })
  if (known) for (const region of regions) checkRegion(region, known)
  return [...new Set(regions)]
}

const REGION = /^[a-z]+(?:-[a-z]+)+-\d+$/

function checkRegion(region: string, known: readonly AwsRegion[]): void {
  const found = known.find(({ name }) => name === region)
  if (!found)
    throw unknownRegion(
      region,
      known.map(({ name }) => name),
    )
  if (!found.isEnabled) throw notEnabled(region)
}

function unknownRegion(region: string, known: readonly string[]): LabosError {
  const alike = nearest(region, known)
  return new LabosError('usage.value', `--region ${region}: AWS has no region of that name.`, {
    suggestions: [alike.length > 0 ? `Did you mean ${alike.join(' or ')}?` : `There are ${known.join(', ')}.`],
  })
}

const notEnabled = (region: string): LabosError =>
  new LabosError('aws.refused', `${region} is not enabled for this account.`, {
    suggestions: [
      `Enable it: \`aws account enable-region --region-name ${region}\`; that takes some minutes.`,
      'Or name another `--region`.',
    ],
  })

/** What labos's tags say is there, over regions: without any record. */
import type { Holding } from '../cloud-ports.js'
import { LabosError } from '../errors/labos-error.js'
import { type CloudLab, cloudLabs, type MachinePrice } from '../plan/aws/cloud-labs.js'
import { priceOf } from '../plan/aws/price.js'
import { readTypeTable } from '../state/type-table.js'
import type { UnknownRegion } from '../teardown/destroy-lab.js'
import { refreshRegions } from './aws-regions.js'
import type { Context } from './context.js'

export interface RegionsWish {
  readonly regions: readonly string[]
  /** Every region that the account may use. */
  readonly all: boolean
}

export interface Search {
  /** Oldest first. */
  readonly labs: readonly CloudLab[]
  /** Those that were asked, whether they answered or not. */
  readonly regions: readonly string[]
  /** What may be there is not known. */
  readonly unknown: readonly UnknownRegion[]
  readonly price: MachinePrice
}

/** AWS throttles each region by itself; more at once is no faster for people. */
const AT_ONCE = 4

/** Throws `usage.value` for a region that does not exist, and what asking throws where no region answers at all. */
export async function searchCloud(wish: RegionsWish, context: Context, signal: AbortSignal): Promise<Search> {
  const sinceMs = context.clock.monotonicMs()
  const table = (await readTypeTable(context.paths.cacheDir)).table
  const price: MachinePrice = ({ instanceType, region, market }) => {
    const type = table.types.find((each) => each.instanceType === instanceType)
    return type ? priceOf(table, type, region, market).usdPerHour : null
  }
  const hint = { ...wish, regions: wish.all ? [context.env['AWS_REGION'] ?? ''] : wish.regions }
  context.emit({ type: 'start', step: 'facts', text: 'asking AWS what is there by its tags' })
  const regions = await refreshRegions(hint, table, context, signal)
  const holdings: Holding[] = []
  const unknown: UnknownRegion[] = []
  for (let first = 0; first < regions.length; first += AT_ONCE) {
    const some = regions.slice(first, first + AT_ONCE)
    for (const answer of await Promise.all(some.map((region) => holdingsIn(region, context, signal)))) {
      if ('error' in answer) unknown.push(answer)
      else holdings.push(...answer.holdings)
    }
  }
  const [failure] = unknown
  if (failure && unknown.length === regions.length) throw failure.error
  const labs = cloudLabs(holdings, price)
  const text = `${String(labs.length)} lab${labs.length === 1 ? '' : 's'} in ${placesText(regions)}`
  context.emit({ type: 'done', step: 'facts', text, elapsedMs: context.clock.monotonicMs() - sinceMs })
  return { labs, regions, unknown, price }
}

/** Their names where they are few. */
export const placesText = (regions: readonly string[]): string =>
  regions.length <= 3 ? regions.join(', ') : `${String(regions.length)} regions`

async function holdingsIn(
  region: string,
  { aws }: Context,
  signal: AbortSignal,
): Promise<UnknownRegion | { readonly holdings: readonly Holding[] }> {
  try {
    const { holdings } = await aws(region)
    return { holdings: await holdings.list(undefined, signal) }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof LabosError) return { region, error }
    throw error
  }
}

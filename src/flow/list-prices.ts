/** What GPU machines cost in a region, as far as labos knows. Asks nobody. */
import { LabosError } from '../errors/labos-error.js'
import { zonesDate } from '../plan/aws/combine.js'
import { priceOf, pricesDate } from '../plan/aws/price.js'
import { checkRegion, findGpus } from '../plan/rent/check.js'
import { readTypeTable } from '../state/type-table.js'
import type { Context } from './context.js'

/** Public: `labos prices --json` prints it. */
export interface PriceList {
  readonly schemaVersion: 1
  readonly region: string
  /** Region of the on-demand prices: another where this one has none. Null = none is known. */
  readonly priceRegion: string | null
  readonly pricesAsOf: string | null
  /** Of the region's spot prices; null = none is known. */
  readonly spotAsOf: string | null
  /** When it was read where the types are offered. */
  readonly factsAsOf: string
  /** Offered in the region, cheapest first; unknown prices last. */
  readonly types: readonly PricedType[]
}

export interface PricedType {
  readonly instanceType: string
  readonly gpu: string
  readonly gpuCount: number
  readonly vcpus: number
  readonly memoryGiB: number
  readonly zones: number
  readonly onDemandUsdPerHour: number | null
  readonly spotUsdPerHour: number | null
}

/** Throws `usage.value` for a region or GPU that labos does not know. */
export async function listPrices(
  { region, gpus }: { readonly region: string; readonly gpus: readonly string[] },
  { paths, emit }: Pick<Context, 'paths' | 'emit'>,
): Promise<PriceList> {
  const { table, warning } = await readTypeTable(paths.cacheDir)
  if (warning !== undefined) emit({ type: 'note', text: warning })
  const wanted = findGpus(gpus, table)
  const refusal = checkRegion(region, table) ?? (wanted.ok ? undefined : wanted.refusal)
  if (refusal) throw new LabosError(refusal.code, refusal.message, { suggestions: refusal.suggestions })
  const offered = table.types.filter(
    ({ zones, gpu }) => zones[region] && (gpus.length === 0 || (wanted.ok && wanted.gpus.includes(gpu))),
  )
  const prices = offered.map((type) => priceOf(table, type, region, 'on-demand')).filter(({ asOf }) => asOf !== null)
  const types = offered.map((type): PricedType => ({
    instanceType: type.instanceType,
    gpu: type.gpu,
    gpuCount: type.gpuCount,
    vcpus: type.vcpus,
    memoryGiB: type.memoryGiB,
    zones: type.zones[region] ?? 0,
    onDemandUsdPerHour: priceOf(table, type, region, 'on-demand').usdPerHour,
    spotUsdPerHour: priceOf(table, type, region, 'spot').usdPerHour,
  }))
  const price = ({ onDemandUsdPerHour }: PricedType): number => onDemandUsdPerHour ?? Number.MAX_VALUE
  return {
    schemaVersion: 1,
    region,
    priceRegion: prices[0]?.region ?? null,
    pricesAsOf: prices.map(({ asOf }) => asOf).sort()[0] ?? null,
    spotAsOf: types.some(({ spotUsdPerHour }) => spotUsdPerHour !== null)
      ? (pricesDate(table, region, 'spot')?.asOf ?? null)
      : null,
    factsAsOf: zonesDate(table, region).asOf,
    types: types.sort((a, b) => price(a) - price(b)),
  }
}

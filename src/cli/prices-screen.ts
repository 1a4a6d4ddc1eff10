import type { PriceList } from '../flow/list-prices.js'
import type { Refreshed } from '../flow/refresh-prices.js'
import type { PriceChange } from '../plan/aws/price-changes.js'
import { formatUsd } from '../ui/format.js'
import type { Paint } from '../ui/paint.js'
import { columns, wrap } from '../ui/text.js'
import { agedPrices } from './price-text.js'

/** `ageDays`: of the prices, where any is known. */
export function pricesScreen(list: PriceList, paint: Paint, ageDays: number | undefined, program: string): string {
  const { region, priceRegion, pricesAsOf, spotAsOf, types } = list
  if (types.length === 0) return `No such GPU machines are offered in ${region}, as far as labos knows.`
  const money = (usd: number | null): string => (usd === null ? '?' : usd.toFixed(2))
  const [head = '', ...lines] = columns(
    [
      ['TYPE', 'GPU', 'VCPU', 'RAM GIB', 'ZONES', '$/H', 'SPOT $/H'],
      ...types.map((type) => [
        type.instanceType,
        `${String(type.gpuCount)}x ${type.gpu}`,
        String(type.vcpus),
        String(type.memoryGiB),
        String(type.zones),
        money(type.onDemandUsdPerHour),
        money(type.spotUsdPerHour),
      ]),
    ],
    [2, 3, 4, 5, 6],
  )
  const basis =
    pricesAsOf === null || priceRegion === null
      ? `No price is known in ${region}: \`${program} prices refresh --region ${region}\` reads them.`
      : agedPrices(
          `${priceRegion === region ? `Prices in ${region}` : `${region} has no prices yet: shown is the ${priceRegion} list price`}, of ${pricesAsOf}`,
          ageDays,
          program,
        )
  const spot = spotAsOf === null ? '' : ` Spot prices are of ${spotAsOf} and change by the hour.`
  return [paint.bold(head), ...lines, '', ...wrap(`${basis}${spot}`)].join('\n')
}

const CHANGES_SHOWN = 8

export function refreshedScreen({ file, regions, newTypes, changes }: Refreshed, paint: Paint): string {
  const count = (prices: number | null): string => (prices === null ? 'not read' : String(prices))
  const [head = '', ...lines] = columns(
    [
      ['REGION', 'GPU TYPES', 'PRICES', 'SPOT PRICES'],
      ...regions.map(({ region, types, onDemandPrices, spotPrices }) => [
        region,
        count(types),
        count(onDemandPrices),
        count(spotPrices),
      ]),
    ],
    [1, 2, 3],
  )
  return [
    paint.bold(head),
    ...lines,
    ...regions.flatMap(({ failures }) => failures).flatMap((failure) => ['', ...wrap(paint.yellow(failure))]),
    '',
    ...(newTypes.length > 0 ? wrap(`New to labos: ${newTypes.join(', ')}`) : []),
    ...changes.slice(0, CHANGES_SHOWN).map(changeLine),
    ...(changes.length > CHANGES_SHOWN ? [`and ${String(changes.length - CHANGES_SHOWN)} more changes`] : []),
    `Kept in ${file}`,
  ].join('\n')
}

const changeLine = ({ instanceType, region, market, usdBefore, usdNow }: PriceChange): string =>
  `${instanceType} ${market} in ${region}: ${formatUsd(usdBefore)} -> ${formatUsd(usdNow)}`

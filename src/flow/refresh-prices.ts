/** Reads what AWS says today of GPU types and prices, and keeps it for plans. */
import type { LabosError } from '../errors/labos-error.js'
import { mergeRegion } from '../plan/aws/merge.js'
import { type PriceChange, priceChanges } from '../plan/aws/price-changes.js'
import { readTypeTable, saveTypeTable, typeTablePath } from '../state/type-table.js'
import { askRegion, type RegionReading } from './ask-region.js'
import { refreshRegions } from './aws-regions.js'
import type { Context } from './context.js'

/** Public: `labos prices refresh --json` prints it. */
export interface Refreshed {
  readonly file: string
  readonly regions: readonly RefreshedRegion[]
  /** Types that labos did not know before. */
  readonly newTypes: readonly string[]
  /** Prices that are others now, the largest change first. */
  readonly changes: readonly PriceChange[]
}

export interface RefreshedRegion {
  readonly region: string
  /** How many could be read. Null = not read; what was known before is kept, with its date. */
  readonly types: number | null
  readonly onDemandPrices: number | null
  readonly spotPrices: number | null
  /** What could not be read, and why. */
  readonly failures: readonly string[]
}

/** Regions that are asked side by side: AWS throttles each region by itself, the price list all of them together. */
const AT_ONCE = 4

/**
 * Asks a few regions at a time and keeps what they said before it asks the next. What one part of one region refuses
 * spoils nothing else. Throws `aws.credentials`, `usage.value`, and `aws.refused` or `aws.unreachable` when nothing at
 * all could be read.
 */
export async function refreshPrices(
  wish: { readonly regions: readonly string[]; readonly all: boolean },
  context: Context,
  signal: AbortSignal,
): Promise<Refreshed> {
  const { cacheDir } = context.paths
  const { table: before, warning } = await readTypeTable(cacheDir)
  if (warning !== undefined) context.emit({ type: 'note', text: warning })
  const regions = await refreshRegions(wish, before, context, signal)
  const asOf = new Date(context.clock.now()).toISOString().slice(0, 10)
  let table = before
  const readings: RegionReading[] = []
  for (let first = 0; first < regions.length; first += AT_ONCE) {
    const asked = await askSome(regions.slice(first, first + AT_ONCE), before, context, signal)
    for (const { answers } of asked) table = mergeRegion(table, answers, asOf)
    if (asked.some(isUseful)) await saveTypeTable(cacheDir, table)
    readings.push(...asked)
  }
  throwIfNothing(readings)
  const known = new Set(before.types.map(({ instanceType }) => instanceType))
  const newTypes = table.types.map(({ instanceType }) => instanceType).filter((name) => !known.has(name))
  return {
    file: typeTablePath(cacheDir),
    regions: readings.map(regionResult),
    newTypes,
    changes: priceChanges(before, table, regions),
  }
}

async function askSome(
  regions: readonly string[],
  known: Parameters<typeof askRegion>[1],
  context: Context,
  signal: AbortSignal,
): Promise<RegionReading[]> {
  const sinceMs = context.clock.monotonicMs()
  context.emit({ type: 'start', step: 'facts', text: `asking AWS about ${regions.join(', ')}` })
  const readings = await Promise.all(regions.map((region) => askRegion(region, known, context, signal)))
  const text = readings
    .map(({ answers: { region, types } }) => `${region}: ${types ? `${String(types.length)} GPU types` : 'no types'}`)
    .join(', ')
  context.emit({ type: 'done', step: 'facts', text, elapsedMs: context.clock.monotonicMs() - sinceMs })
  return readings
}

const isUseful = ({ answers: { types, zones, onDemand, spot } }: RegionReading): boolean =>
  [types, zones, onDemand, spot].some((part) => part !== undefined)

function throwIfNothing(readings: readonly RegionReading[]): void {
  const failures: readonly LabosError[] = readings.flatMap((reading) => reading.failures)
  const [first] = failures
  if (first && !readings.some(isUseful)) throw first
}

function regionResult({ answers: { region, types, onDemand, spot }, names, failures }: RegionReading): RefreshedRegion {
  return {
    region,
    types: types?.length ?? null,
    onDemandPrices: onDemand ? names.filter((name) => onDemand.has(name)).length : null,
    spotPrices: spot?.size ?? null,
    failures: failures.map(({ message }) => message),
  }
}

/** Reads what AWS says today of GPU types and prices, and keeps it for plans. */
import { LabosError } from '../errors/labos-error.js'
import { mergeRegion, type RegionAnswers } from '../plan/aws/merge.js'
import type { TypeTable } from '../plan/aws/type-table.js'
import { nearest } from '../plan/find-model.js'
import { readTypeTable, saveTypeTable, typeTablePath } from '../state/type-table.js'
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
  readonly types: number
  /** Null = could not be read; what was known before is kept. */
  readonly onDemandPrices: number | null
  readonly spotPrices: number | null
  /** What could not be read, and why. */
  readonly failures: readonly string[]
}

export interface PriceChange {
  readonly instanceType: string
  readonly region: string
  readonly market: 'on-demand' | 'spot'
  readonly usdBefore: number
  readonly usdNow: number
}

/**
 * One region after the other. What one part of a region refuses does not spoil the others. Throws `aws.credentials`,
 * `aws.refused` (nothing at all could be read), `aws.unreachable`, `usage.value`.
 */
export async function refreshPrices(
  wish: { readonly regions: readonly string[]; readonly all: boolean },
  context: Context,
  signal: AbortSignal,
): Promise<Refreshed> {
  const { cacheDir } = context.paths
  const { table: before } = await readTypeTable(cacheDir)
  const regions = await chooseRegions(wish, context, signal)
  const asOf = new Date(context.clock.now()).toISOString().slice(0, 10)
  let table = before
  const done: RefreshedRegion[] = []
  for (const region of regions) {
    const { answers, failures } = await askRegion(region, context, signal)
    table = mergeRegion(table, answers, asOf)
    await saveTypeTable(cacheDir, table)
    done.push({
      region,
      types: answers.types.length,
      onDemandPrices: answers.onDemand
        ? answers.types.filter(({ instanceType }) => answers.onDemand?.has(instanceType)).length
        : null,
      spotPrices: answers.spot?.size ?? null,
      failures,
    })
  }
  const known = new Set(before.types.map(({ instanceType }) => instanceType))
  const newTypes = table.types.map(({ instanceType }) => instanceType).filter((name) => !known.has(name))
  return { file: typeTablePath(cacheDir), regions: done, newTypes, changes: changesOf(before, table, regions) }
}

async function chooseRegions(
  { regions, all }: { readonly regions: readonly string[]; readonly all: boolean },
  { aws }: Context,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [home = 'us-east-1'] = regions
  const enabled = await (await aws(home)).ec2.regions(signal)
  if (all) return enabled
  const wrong = regions.find((region) => !enabled.includes(region))
  if (wrong === undefined) return regions
  const near = nearest(wrong, enabled)
  throw new LabosError('usage.value', `${wrong} is no region that this account may use.`, {
    suggestions: [near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Those it may: ${enabled.join(', ')}.`],
  })
}

/** What one part may fail with while the others are right. */
const PARTIAL: ReadonlySet<string> = new Set(['aws.refused', 'aws.unreachable'])

async function askRegion(
  region: string,
  { aws, emit, clock }: Context,
  signal: AbortSignal,
): Promise<{ readonly answers: RegionAnswers; readonly failures: readonly string[] }> {
  const sinceMs = clock.monotonicMs()
  emit({ type: 'start', step: 'facts', text: `asking AWS about ${region}` })
  const { ec2, pricing } = await aws(region)
  const types = await ec2.gpuTypes(signal)
  const names = types.map(({ instanceType }) => instanceType)
  const failures: string[] = []
  const part = async <T>(work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work
    } catch (error) {
      if (!(error instanceof LabosError) || !PARTIAL.has(error.code)) throw error
      failures.push(error.message)
      return undefined
    }
  }
  const [zones, spot, onDemand] = await Promise.all([
    part(ec2.zones(signal)),
    part(names.length > 0 ? ec2.spotPrices(names, signal) : Promise.resolve(new Map<string, number>())),
    part(pricing.onDemand(region, signal)),
  ])
  const answers: RegionAnswers = {
    region,
    types,
    ...(zones ? { zones } : {}),
    ...(spot ? { spot } : {}),
    ...(onDemand ? { onDemand } : {}),
  }
  const text = `${region}: ${String(types.length)} GPU types`
  emit({ type: 'done', step: 'facts', text, elapsedMs: clock.monotonicMs() - sinceMs })
  return { answers, failures }
}

function changesOf(before: TypeTable, now: TypeTable, regions: readonly string[]): PriceChange[] {
  const old = new Map(before.types.map((type) => [type.instanceType, type]))
  const changes = now.types.flatMap(({ instanceType, usdPerHour }) =>
    regions.flatMap((region) =>
      (['on-demand', 'spot'] as const).flatMap((market): PriceChange[] => {
        const key = market === 'spot' ? 'spot' : 'onDemand'
        const usdBefore = old.get(instanceType)?.usdPerHour[region]?.[key]
        const usdNow = usdPerHour[region]?.[key]
        if (usdBefore === undefined || usdNow === undefined || usdBefore === usdNow) return []
        return [{ instanceType, region, market, usdBefore, usdNow }]
      }),
    ),
  )
  const size = ({ usdBefore, usdNow }: PriceChange): number => Math.abs(Math.log(usdNow / usdBefore))
  return changes.sort((a, b) => size(b) - size(a))
}

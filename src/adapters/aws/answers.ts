/** Answers of AWS as our shapes. Pure; what is not as expected is left out, never guessed. */
import type { InstanceTypeInfo, SpotPrice as HistoryEntry } from '@aws-sdk/client-ec2'
import type { ReportedType } from '../../cloud-ports.js'

/** Undefined for a type without whole NVIDIA GPUs. */
export function reportedType(info: InstanceTypeInfo): ReportedType | undefined {
  const gpu = wholeGpu(info)
  const memoryMiB = info.MemoryInfo?.SizeInMiB
  const vcpus = info.VCpuInfo?.DefaultVCpus
  if (!info.InstanceType || !gpu || memoryMiB === undefined || vcpus === undefined) return undefined
  const network = networkGbps(info)
  return {
    instanceType: info.InstanceType,
    ...gpu,
    vcpus,
    memoryGiB: memoryMiB / 1024,
    nvmeGB: info.InstanceStorageInfo?.TotalSizeInGB ?? 0,
    ...(network > 0 ? { networkGbps: network } : {}),
    architecture: info.ProcessorInfo?.SupportedArchitectures?.includes('arm64') ? 'arm64' : 'x86_64',
  }
}

type GpuFacts = Pick<ReportedType, 'gpuName' | 'gpuCount' | 'gpuMemoryMiB'>

/** A slice of a GPU reports no whole one: its count is 0. */
function wholeGpu({ GpuInfo }: InstanceTypeInfo): GpuFacts | undefined {
  const gpu = GpuInfo?.Gpus?.[0]
  const memoryMiB = gpu?.MemoryInfo?.SizeInMiB
  if (gpu?.Manufacturer !== 'NVIDIA' || !gpu.Name || !gpu.Count || !memoryMiB) return undefined
  return { gpuName: gpu.Name, gpuCount: gpu.Count, gpuMemoryMiB: memoryMiB }
}

/** Of the fastest card: what one download can use, not what many cards could do together. */
const networkGbps = ({ NetworkInfo }: InstanceTypeInfo): number =>
  Math.max(0, ...(NetworkInfo?.NetworkCards ?? []).map(({ BaselineBandwidthInGbps: gbps }) => gbps ?? 0))

export interface ListedPrice {
  readonly instanceType: string
  readonly usdPerHour: number
}

/** One entry of the price list, which is JSON in a string; undefined unless it holds exactly one price by the hour. */
export function listedPrice(product: unknown): ListedPrice | undefined {
  // The SDK wraps such strings in an object of its own.
  const entry = at(typeof product === 'string' || product instanceof String ? parsed(String(product)) : product)
  const instanceType = at(at(entry['product'])['attributes'])['instanceType']
  const terms = Object.values(at(at(entry['terms'])['OnDemand']))
  const dimensions = terms.flatMap((term) => Object.values(at(at(term)['priceDimensions'])))
  const prices = dimensions
    .map(at)
    .filter(({ unit }) => unit === 'Hrs')
    .map(({ pricePerUnit }) => Number(at(pricePerUnit)['USD']))
    .filter((usd) => usd > 0)
  const [usdPerHour, ...more] = prices
  if (typeof instanceType !== 'string' || usdPerHour === undefined || more.length > 0) return undefined
  return { instanceType, usdPerHour }
}

/** Of types that are listed more than once only those with the same price each time. */
export function clearPrices(listed: readonly ListedPrice[]): Map<string, number> {
  const prices = new Map<string, Set<number>>()
  for (const { instanceType, usdPerHour } of listed)
    prices.set(instanceType, (prices.get(instanceType) ?? new Set()).add(usdPerHour))
  return new Map(
    [...prices].flatMap(([type, [usd, ...more]]) => (usd === undefined || more.length > 0 ? [] : [[type, usd]])),
  )
}

const at = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export interface SpotPrice {
  readonly type: string
  readonly zone: string
  readonly atMs: number
  readonly usd: number
}

export function spotPrice({ InstanceType, AvailabilityZone, SpotPrice: price, Timestamp }: HistoryEntry): SpotPrice[] {
  const usd = Number(price)
  if (!InstanceType || !AvailabilityZone || !(usd > 0)) return []
  return [{ type: InstanceType, zone: AvailabilityZone, atMs: Timestamp?.getTime() ?? 0, usd }]
}

/** What is newest of each type and zone. */
export function newestSpot(history: readonly SpotPrice[]): SpotPrice[] {
  const newest = new Map<string, SpotPrice>()
  for (const entry of history) {
    const key = `${entry.type} ${entry.zone}`
    if (entry.atMs >= (newest.get(key)?.atMs ?? 0)) newest.set(key, entry)
  }
  return [...newest.values()]
}

/** Of each type the cheapest zone, by what is newest of each. */
export function cheapestNow(history: readonly SpotPrice[]): Map<string, number> {
  const cheapest = new Map<string, number>()
  for (const { type, usd } of newestSpot(history)) cheapest.set(type, Math.min(usd, cheapest.get(type) ?? Infinity))
  return cheapest
}

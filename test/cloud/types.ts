/** What the cloud knows of GPU types: the table that comes with labos. */
import { shippedTable } from '../../src/plan/aws/type-table.js'

const types = new Map(shippedTable.types.map((type) => [type.instanceType, type]))

export const gpuTypes: readonly string[] = [...types.keys()]

export const vcpusOf = (instanceType: string): number | undefined => types.get(instanceType)?.vcpus

/** US dollars an hour on demand. A region whose price the table lacks has that of another. */
export function usdOf(instanceType: string, region: string): number | undefined {
  const prices = types.get(instanceType)?.usdPerHour ?? {}
  return prices[region]?.onDemand ?? Object.values(prices).find(({ onDemand }) => onDemand !== undefined)?.onDemand
}

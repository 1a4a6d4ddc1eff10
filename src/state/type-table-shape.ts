import * as z from 'zod/mini'
import { TABLE_VERSION, type TypeTable } from '../plan/aws/type-table.js'

const dated = z.object({ asOf: z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/)), source: z.string() })
const count = z.int().check(z.minimum(0))
const usd = z.number().check(z.minimum(0))

const shape = z.object({
  version: z.literal(TABLE_VERSION),
  facts: dated,
  prices: z.record(z.string(), z.extend(dated, { spot: z.exactOptional(dated) })),
  zones: z.exactOptional(z.record(z.string(), dated)),
  types: z.array(
    z.object({
      instanceType: z.string(),
      gpu: z.string(),
      gpuCount: z.int().check(z.minimum(1)),
      gpuMemoryMiB: z.number().check(z.minimum(1)),
      vcpus: count,
      memoryGiB: z.number().check(z.minimum(0)),
      nvmeGB: z.number().check(z.minimum(0)),
      networkGbps: z.exactOptional(z.number()),
      architecture: z.enum(['x86_64', 'arm64']),
      zones: z.record(z.string(), count),
      usdPerHour: z.record(z.string(), z.object({ onDemand: z.exactOptional(usd), spot: z.exactOptional(usd) })),
    }),
  ),
})

/** The table, or why the text is none, in words that go on a sentence about the file. */
export function parseTypeTable(text: string): TypeTable | string {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && 'version' in value && Number(value.version) > TABLE_VERSION)
      return 'was written by a newer labos'
    return shape.safeParse(value).data ?? 'is damaged'
  } catch {
    return 'is damaged'
  }
}

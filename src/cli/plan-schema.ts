/** What `labos plan --json` prints, as a schema: docs/plan.schema.json is made from it. Types make sure that it is a plan, a test that nothing of a plan is left out. */
import * as z from 'zod/mini'
import { precisions } from '../plan/precision.js'
import type { RentPlan } from '../plan/rent/rent-plan.js'
import { preferences } from '../plan/rent/request.js'

const gib = z.number()
const bytes = z.int()
const usd = z.number()
const orNull = <T extends z.core.$ZodType>(type: T): z.ZodMiniNullable<T> => z.nullable(type)
const texts = z.readonly(z.array(z.string()))
const date = z.string()

const terms = z.strictObject({
  visibleGiB: gib,
  budgetGiB: gib,
  weights: z.strictObject({
    shardedGiB: gib,
    replicatedGiB: gib,
    embeddingsGiB: gib,
    absorbedGiB: gib,
    ropeCacheGiB: gib,
    totalGiB: gib,
  }),
  overhead: z.strictObject({
    runtimeGiB: gib,
    activationsGiB: gib,
    workspaceGiB: gib,
    samplerGiB: gib,
    cudaGraphsGiB: gib,
    totalGiB: gib,
  }),
  kvAvailableGiB: gib,
  kvBytesPerToken: z.number(),
  kvTokens: z.int(),
  neededTokens: z.int(),
  kvNeededGiB: gib,
})

const market = z.enum(['on-demand', 'spot'])

const offer = z.strictObject({
  instanceType: z.string(),
  region: z.string(),
  zones: z.int(),
  market,
  gpu: z.string(),
  gpuCount: z.int(),
  gpuVisibleGiB: gib,
  vcpus: z.int(),
  memoryGiB: gib,
  tensorParallel: z.int(),
  weightsGiBPerGpu: orNull(gib),
  overheadGiB: orNull(gib),
  kvTokens: orNull(z.int()),
  contextTokens: z.int(),
  maxSequences: z.int(),
  usdPerHour: orNull(usd),
  priceRegion: orNull(z.string()),
  priceAsOf: orNull(date),
  besidesUsdPerHour: usd,
  deadlineMs: z.int(),
  usdUntilDeadline: orNull(usd),
  quota: z.strictObject({
    code: orNull(z.string()),
    name: z.string(),
    vcpus: z.int(),
    checked: z.boolean(),
    limitVcpus: orNull(z.number()),
    usedVcpus: orNull(z.int()),
  }),
  diskGB: z.int(),
  diskThroughputMBps: z.int(),
  weightsOnLocalDisk: z.boolean(),
  startUp: z.strictObject({
    bootSeconds: z.number(),
    downloadSeconds: z.number(),
    loadSeconds: z.number(),
    compileSeconds: z.number(),
    totalSeconds: z.number(),
  }),
  verdict: z.enum(['fits', 'refused']),
  reason: z.string(),
  refusedFor: orNull(z.enum(['filter', 'architecture', 'capability', 'memory', 'region', 'price', 'cost'])),
  terms: orNull(terms),
})

const check = z.strictObject({
  region: z.string(),
  enabled: orNull(z.boolean()),
  accountId: orNull(z.string()),
  image: orNull(z.strictObject({ id: z.string(), name: z.string(), createdAt: date, ageDays: z.int() })),
  zones: z.readonly(z.array(z.strictObject({ instanceType: z.string(), zones: texts }))),
  quotas: z.readonly(
    z.array(
      z.strictObject({
        code: z.string(),
        name: z.string(),
        limitVcpus: orNull(z.number()),
        usedVcpus: orNull(z.int()),
        neededVcpus: z.int(),
        console: z.string(),
        request: orNull(z.string()),
      }),
    ),
  ),
  spot: z.readonly(z.array(z.strictObject({ instanceType: z.string(), zone: z.string(), usdPerHour: usd }))),
  network: orNull(z.strictObject({ vpcId: z.string(), publicZones: texts, privateSubnets: z.int() })),
  rungs: z.int(),
  dropped: z.readonly(z.array(z.strictObject({ instanceType: z.string(), reason: z.string() }))),
  refusal: orNull(z.strictObject({ code: z.string(), message: z.string(), suggestions: texts })),
  unknown: z.readonly(z.array(z.strictObject({ what: z.string(), why: z.string() }))),
  warnings: texts,
})

/** The plan of a rented machine. The one for this computer is `{schemaVersion, provider: "local", plan}`. */
export const planSchema = z.strictObject({
  schemaVersion: z.literal(1),
  provider: z.literal('aws'),
  model: z.strictObject({
    id: z.string(),
    title: z.string(),
    repo: z.string(),
    revision: orNull(z.string()),
    precision: z.enum(precisions),
    weightsBytes: bytes,
    weightFiles: orNull(z.int()),
    parameters: orNull(z.int()),
    kvBytesPerToken: orNull(z.number()),
    contextMax: z.int(),
    licence: orNull(z.string()),
    servedNames: texts,
  }),
  request: z.strictObject({
    contextTokens: orNull(z.int()),
    concurrency: z.int(),
    regions: texts,
    market,
    prefer: z.enum(preferences),
  }),
  decisions: texts,
  offers: z.readonly(z.array(offer)),
  tally: z.readonly(z.array(z.strictObject({ count: z.int(), text: z.string() }))),
  alternatives: z.readonly(
    z.array(
      z.strictObject({
        precision: z.enum(precisions),
        instanceType: z.string(),
        region: z.string(),
        contextTokens: z.int(),
        usdPerHour: orNull(usd),
      }),
    ),
  ),
  pricesAsOf: orNull(date),
  factsAsOf: date,
  checks: z.readonly(z.array(check)),
  notes: texts,
}) satisfies z.ZodMiniType<RentPlan>

export const planJsonSchema = (): object => z.toJSONSchema(planSchema, { target: 'draft-2020-12' })

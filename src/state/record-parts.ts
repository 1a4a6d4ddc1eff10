/** What the records of several kinds of labs have in common. */
import * as z from 'zod/mini'

export const fim = z.object({ template: z.string(), stop: z.array(z.string()), tested: z.boolean() })

/** The `labos run` that a lab is for: the lab ends with it. */
export const runner = z.object({
  pid: z.number(),
  startTime: z.string(),
  /** `user@host`: elsewhere that pid means nothing. */
  owner: z.string(),
})

/** A model that vLLM serves. */
export const machineModel = z.object({
  id: z.string(),
  title: z.string(),
  repo: z.string(),
  revision: z.nullable(z.string()),
  precision: z.string(),
  weightsBytes: z.number(),
  servedNames: z.array(z.string()),
})

/** What a machine of the ladder is to serve (`plan/rent/serving.ts`). */
export const plannedServing = z.object({
  engineVersion: z.string(),
  driverMin: z.number(),
  machines: z.array(
    z.object({
      instanceType: z.string(),
      gpuCount: z.number(),
      gpuMemoryMiB: z.number(),
      contextTokens: z.number(),
      weightsGiB: z.nullable(z.number()),
      kvTokens: z.nullable(z.number()),
      config: z.string(),
    }),
  ),
  canary: z.nullable(z.object({ prompt: z.string(), expect: z.string(), asks: z.enum(['chat', 'completion']) })),
  fim: z.nullable(fim),
  idleMs: z.exactOptional(z.number()),
  bootMs: z.number(),
  unheardMs: z.exactOptional(z.number()),
  hub: z.exactOptional(z.string()),
  packageIndex: z.exactOptional(z.string()),
  wantsToken: z.boolean(),
})

/** What is served on the machine, and what the plan said of it. */
export const serving = z.object({
  /** Of vLLM. */
  engineVersion: z.string(),
  /** Longest request, as planned. What the keeper made of it since is in its own record (`kvRepair`). */
  contextTokens: z.number(),
  /** On the machine's own loopback. */
  enginePort: z.number(),
  /** On each GPU; null where the memory was stated, not computed. */
  plannedWeightsGiB: z.nullable(z.number()),
  plannedKvTokens: z.nullable(z.number()),
  /** Null where no question with a known answer is known for the model. */
  canary: z.nullable(z.object({ prompt: z.string(), expect: z.string() })),
  /** What is asked of it: a base model continues text and knows no chat. */
  asks: z.enum(['chat', 'completion']),
  fim: z.nullable(fim),
  /** The machine ends itself after so long without a request, and when it does not serve so long after a start. */
  idleMs: z.exactOptional(z.number()),
  bootMs: z.exactOptional(z.number()),
  /** And when it was not heard for so long that whom it is for is there. */
  unheardMs: z.exactOptional(z.number()),
  /** labos's folder on the machine. */
  home: z.string(),
  /** Whose units they are: the machine's (through sudo), or those of the user who logs in. */
  scope: z.enum(['system', 'user']),
})

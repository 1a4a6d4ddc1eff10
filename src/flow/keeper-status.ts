/** What a keeper says at `GET /labos/status`. On the fast path of `labos ps`. */
import * as z from 'zod/mini'

/** What became of a machine's set-up, phase by phase; figures in bytes and seconds. */
const phase = z.object({
  name: z.enum(['driver', 'engine', 'weights', 'serve']),
  state: z.enum(['running', 'waiting', 'done', 'failed']),
  done: z.exactOptional(z.number()),
  total: z.exactOptional(z.number()),
  rate: z.exactOptional(z.number()),
  etaSeconds: z.exactOptional(z.number()),
  stallSeconds: z.exactOptional(z.number()),
  text: z.string(),
  cause: z.exactOptional(z.string()),
})

/** The connection to a machine that is reached over SSH. `away`: tried again by itself. `failed`: not. */
const path = z.object({
  state: z.enum(['connecting', 'connected', 'away', 'failed']),
  reason: z.exactOptional(z.string()),
  /** Error code of what it failed with. */
  code: z.exactOptional(z.string()),
  since: z.string(),
})

/** Something that the user should know, in whole sentences. */
const note = z.object({ about: z.enum(['drift', 'kv-repair', 'lease', 'interrupt', 'address']), text: z.string() })

const drift = z.object({
  what: z.enum(['weights', 'kv-cache']),
  planned: z.number(),
  measured: z.number(),
  share: z.number(),
})

export const keeperStatus = z.object({
  labId: z.string(),
  engine: z.object({
    /** `unreachable`: the path to its machine is away. `ended`: its machine is gone. */
    state: z.enum(['starting', 'serving', 'restarting', 'unresponsive', 'failed', 'unreachable', 'ended']),
    detail: z.exactOptional(z.string()),
    /** Stable name of why it failed, where one is known. */
    cause: z.exactOptional(z.string()),
    pid: z.exactOptional(z.number()),
    restarts: z.number(),
    lastExit: z.exactOptional(z.object({ at: z.string(), why: z.string() })),
  }),
  activity: z.object({ inFlight: z.number(), requests: z.number() }),
  tokens: z.exactOptional(z.object({ prompt: z.number(), generated: z.number() })),
  lease: z.object({
    endsAt: z.exactOptional(z.string()),
    endsBy: z.exactOptional(z.string()),
    idleForMs: z.exactOptional(z.number()),
    idleMs: z.exactOptional(z.number()),
    warn: z.exactOptional(z.boolean()),
    /** Of a machine, for people: how long it is idle, when it ends. */
    text: z.exactOptional(z.string()),
    /** Of a machine: its timer really runs. */
    armed: z.exactOptional(z.boolean()),
  }),
  /** Longest request now. */
  contextTokens: z.exactOptional(z.number()),
  phases: z.exactOptional(z.array(phase)),
  path: z.exactOptional(path),
  notes: z.exactOptional(z.array(note)),
  drift: z.exactOptional(z.array(drift)),
})

export type KeeperStatus = z.infer<typeof keeperStatus>
export type PhaseStatus = z.infer<typeof phase>
export type PathStatus = z.infer<typeof path>
export type Note = z.infer<typeof note>

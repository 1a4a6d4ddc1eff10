/** The record of a lab on a host of the user's own. */
import * as z from 'zod/mini'
import { machineModel, plannedServing, runner, serving } from './record-parts.js'

/** How this computer logs in there: with a key of the user's own. */
const ssh = z.object({
  host: z.string(),
  /** Port of its SSH server. */
  port: z.number(),
  user: z.string(),
  /** Each as `ssh-ed25519 AAAA...`: no other is accepted. */
  hostKeys: z.array(z.string()),
  /** As in `SshPlace`. */
  via: z.exactOptional(z.string()),
  identity: z.union([
    z.object({ file: z.string() }),
    /** Its socket, as it was then. */
    z.object({ agent: z.string() }),
  ]),
})

export const hostLab = z.object({
  version: z.literal(1),
  id: z.string(),
  name: z.string(),
  createdAt: z.string(),
  plan: z.object({
    provider: z.literal('ssh'),
    model: machineModel,
    /** As it was asked for: `user@box`. */
    target: z.string(),
    /** What of the host serves, in words. */
    machine: z.string(),
    /** Which of its GPUs, as nvidia-smi counts; absent = all. */
    gpus: z.exactOptional(z.array(z.number())),
    lease: z.object({ ttlMs: z.exactOptional(z.number()) }),
    notes: z.array(z.string()),
    serving: plannedServing,
  }),
  stepsDone: z.array(z.string()),
  /** `user@host` of who made it. */
  owner: z.string(),
  runner: z.exactOptional(runner),
  /** Of a CI run. */
  runId: z.exactOptional(z.string()),
  /** Loopback port of the endpoint here, the same for the lab's whole life. */
  port: z.number(),
  ssh,
  serving,
  /** When what serves there ends. */
  expiresAt: z.exactOptional(z.string()),
})

export type HostLab = z.infer<typeof hostLab>

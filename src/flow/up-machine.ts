/** What `up` of a lab on a machine comes to, whoever's the machine is: under the lab's lock, and told at the end. */
import { labPaths } from '../state/paths.js'
import type { MachineLab } from '../state/record.js'
import type { Context } from './context.js'
import { labStatus, type LabStatus } from './lab-status.js'
import { lockedLab } from './lock-lab.js'
import type { Proof } from './prove-serving.js'

/** Public: `labos up --json` ends with it. */
export interface MachineUp {
  readonly outcome: 'up' | 'already-up'
  readonly lab: LabStatus
  /** What the proof of serving measured; absent where nothing serves, or it was up already. */
  readonly proof?: Proof
  /** Of the endpoint's key; absent where nothing serves. */
  readonly keyFile?: string
  /** What is to be known of it, in sentences. */
  readonly notes: readonly string[]
  /** From the start of the command. */
  readonly elapsedMs: number
}

export interface Outcome extends Pick<MachineUp, 'outcome' | 'proof'> {
  readonly record: MachineLab
}

export interface UpWish {
  readonly name: string
  /** As it was typed. */
  readonly model: string
  /** How long a second `up` of the lab waits for the first. */
  readonly waitMs: number
}

/** Throws `lab.busy`, and what `work` does. */
export async function upMachine(
  { name, model, waitMs }: UpWish,
  context: Context,
  signal: AbortSignal,
  work: () => Promise<Outcome>,
): Promise<MachineUp> {
  const { clock, paths } = context
  const sinceMs = clock.monotonicMs()
  return lockedLab({ name, command: `labos up ${model}`, waitMs }, context, signal, async () => {
    const { record, ...outcome } = await work()
    const lab = await labStatus(name, context)
    return {
      ...outcome,
      lab,
      ...(record.plan.serving ? { keyFile: labPaths(paths, name).key } : {}),
      notes: lab.notes?.map(({ text }) => text) ?? [],
      elapsedMs: clock.monotonicMs() - sinceMs,
    }
  })
}

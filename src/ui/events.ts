/**
 * What happens, as data. Stages emit; only reporters (`ui/`) know about terminals. With `--json` each event is one
 * line of NDJSON, so these shapes are public.
 */
import type { Plan } from '../plan/plan.js'
import type { HostPlan } from '../plan/host/host-plan.js'
import type { RentPlan } from '../plan/rent/rent-plan.js'
import type { ServingTerms } from '../plan/rent/serving-terms.js'
import type { ErrorJson } from '../errors/labos-error.js'

export type StepName =
  | 'facts'
  | 'plan'
  | 'pulumi'
  | 'machine'
  | 'boot'
  | 'driver'
  | 'python'
  | 'engine'
  | 'weights'
  | 'endpoint'
  | 'serving'
  | 'teardown'

export type LabosEvent =
  | { type: 'plan'; plan: Plan }
  /** `serving` is absent where nothing is to be served on the machine. */
  | { type: 'rent-plan'; plan: RentPlan; serving?: ServingTerms }
  | { type: 'host-plan'; plan: HostPlan; serving: ServingTerms & { readonly ttlMs?: number } }
  /** A phase began, or goes on with something else; `text` says what it does, present tense, no dot. */
  | { type: 'start'; step: StepName; text: string }
  /** Bytes moved so far. `total` is absent while unknown. At most about five a second per step. */
  | { type: 'progress'; step: StepName; doneBytes: number; totalBytes?: number; bytesPerSecond: number; etaMs?: number }
  /** Something worth a line that is neither success nor failure. */
  | { type: 'note'; step?: StepName; text: string }
  /** Something that ends badly unless somebody does something about it. */
  | { type: 'warning'; text: string }
  | { type: 'retry'; step: StepName; attempt: number; reason: string; delayMs: number }
  | { type: 'done'; step: StepName; text: string; elapsedMs: number }
  | { type: 'failed'; step: StepName; error: ErrorJson }
  /** The command of `labos run` has the terminal from here on. Its arguments are its own: they may hold secrets. */
  | { type: 'command'; program: string }
  /** By a signal: the exit is 128 and its number. */
  | { type: 'command-ended'; program: string; exitCode: number; signal?: string; elapsedMs: number }

export type Emit = (event: LabosEvent) => void

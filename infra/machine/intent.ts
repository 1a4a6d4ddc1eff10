/** What is about to be asked of EC2, kept before it is asked: after a crash the same request is sent again, never another. */
import type { RunRequest } from '../ec2-calls.js'
import type { Rung } from '../spec.js'

export interface Intent {
  readonly labId: string
  readonly region: string
  readonly rung: Rung
  readonly request: RunRequest
  /** Milliseconds since the epoch. */
  readonly sentAtMs: number
  /** Absent while no answer came: a machine may have been made. */
  readonly answer?: { readonly id: string } | { readonly code: string }
}

export interface Intents {
  /** The last one; undefined where there never was any, or it cannot be read. */
  last(): Promise<Intent | undefined>
  /** On disk when it resolves. */
  keep(intent: Intent): Promise<void>
}

/** Waiting, and the time of day. */
export interface Time {
  now(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** A kind of resource, as the engine asks for it. The contract is Pulumi's: its doc comments are the tests. */

export interface Call {
  /** Aborted when the engine cancels: waits end, a request under way is finished. */
  readonly signal: AbortSignal
  /** Shown while the resource is worked on. */
  say(text: string): void
}

export interface CheckFailure {
  readonly property: string
  readonly reason: string
}

export interface Diff {
  /** Names of inputs that differ and matter. */
  readonly changes: readonly string[]
  /** Those of them that need a new resource. */
  readonly replaces: readonly string[]
}

export type Values = Readonly<Record<string, unknown>>

export interface Handler {
  /** `labos:ec2:Machine`. */
  readonly type: string
  check(inputs: Values): readonly CheckFailure[]
  diff(before: Values, inputs: Values): Diff
  /** All or nothing; what exists in spite of a failure is a `PartialFailure`. */
  create(inputs: Values, call: Call): Promise<Made>
  /** Undefined = gone. */
  read(id: string, inputs: Values, call: Call): Promise<Made | undefined>
  /** After a change that needs no new resource, and to finish what a partial failure left. */
  update(id: string, before: Values, inputs: Values, call: Call): Promise<Made>
  /** Rejects only while it still exists. Success when it is gone already. */
  delete(id: string, state: Values, call: Call): Promise<void>
}

export interface Made {
  readonly id: string
  readonly state: Values
}

/** It exists, but is not as it should be: the engine keeps it and comes back with `update`. */
export class PartialFailure extends Error {
  override readonly name = 'PartialFailure'
  readonly made: Made

  constructor(message: string, made: Made) {
    super(message)
    this.made = made
  }
}

/** The engine wanted to end it before anything was made. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
}

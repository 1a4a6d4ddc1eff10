import type { Failure } from '../../../infra/spec.js'

/** The engine ended without having done what it was asked. */
export class EngineFailed extends Error {
  override readonly name = 'EngineFailed'
  /** What EC2 refused, where that is why. */
  readonly failure: Failure | undefined
  /** Folder of the engine's own logs. */
  readonly logs: string

  constructor({ failure, said, logs }: { failure?: Failure | undefined; said: string; logs: string }) {
    super(failure?.message ?? said)
    this.failure = failure
    this.logs = logs
  }
}

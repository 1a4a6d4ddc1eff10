/** What the catalogue holds of a model. */
import type { EngineName, FimTemplate, WeightsSource } from './plan.js'
import type { Precision } from './precision.js'

export interface CatalogModel {
  readonly id: string
  readonly title: string
  /** Further names people type, lower case. */
  readonly aliases: readonly string[]
  readonly licence: string
  /** Shown with the plan: what to expect of it. */
  readonly note: string
  /** Longest context the model was made for, in tokens. */
  readonly contextMaxTokens: number
  readonly fim: FimTemplate | null
  readonly canary: Canary
  /** `config.json` of the unquantised checkpoint. */
  readonly config: Readonly<Record<string, unknown>>
  /** What vLLM can serve of it on a rented machine, best quality first; empty where there is nothing to rent for. */
  readonly checkpoints: readonly Checkpoint[]
  /** How it runs on this computer; absent where no engine for that can. */
  readonly local?: LocalServing
}

/** A question with a known answer: what proves that a model makes sense. */
export interface Canary {
  readonly prompt: string
  /** What the answer must match: the source of a regular expression. */
  readonly expect: string
  /** A base model continues text and knows no chat. */
  readonly asks: 'chat' | 'completion'
}

/** A repository on the Hugging Face hub with the weights in one precision, as safetensors. */
export interface Checkpoint {
  readonly precision: Precision
  readonly repo: string
  /** Name the repository had before; it still redirects. */
  readonly formerRepo?: string
  /** What `config.json` says beside the unquantised one's keys. */
  readonly quantizationConfig?: Readonly<Record<string, unknown>>
  /** Weight files together as the hub shows them: for comparison, never an input of the arithmetic. */
  readonly publishedBytes: number
  /** Number of weight files, where it is known. */
  readonly files?: number
  /** Beginnings of commits that were looked at; another commit is said to be newer. */
  readonly knownCommits: readonly string[]
  /** Sentence for the plan. */
  readonly note?: string
}

export interface LocalServing {
  /** Context when nothing is asked for. */
  readonly contextTokens: number
  /** KV-cache bytes for one token on llama.cpp with 16-bit entries. */
  readonly kvBytesPerToken: number
  /** Compute buffers and the server itself, in GiB; measured for SmolLM2, estimated for larger models. */
  readonly overheadGiB: number
  /** How each engine gets the weights; an engine that is absent cannot serve the model. */
  readonly weights: Partial<Readonly<Record<EngineName, WeightsSource>>>
}

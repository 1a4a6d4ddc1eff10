/** What could be served: one checkpoint of a model in one precision, with what decides its memory. */
import type { CatalogModel, Checkpoint } from '../catalog.js'
import { shapeFromConfig } from '../memory/from-config.js'
import type { ModelShape } from '../memory/shape.js'
import { checkpointBytes, parameterCount } from '../memory/weights.js'
import type { Precision } from '../precision.js'

export interface Candidate {
  readonly precision: Precision
  /** Hub id, or the folder for a local checkpoint. */
  readonly repo: string
  /** Commit, where the hub was asked. */
  readonly revision: string | null
  readonly sizing: Sizing
  /** All weight files. */
  readonly weightsBytes: number
  readonly weightFiles: number | null
  readonly note: string | null
}

/** `stated`: the user says what it takes on the GPUs in all, because the arithmetic does not know the architecture. */
export type Sizing =
  { readonly kind: 'computed'; readonly shape: ModelShape } | { readonly kind: 'stated'; readonly totalGiB: number }

/** A model to find a machine for. */
export interface Rentable {
  readonly id: string
  readonly title: string
  readonly licence: string | null
  readonly note: string | null
  readonly contextMaxTokens: number
  /** Names the endpoint will answer to. */
  readonly servedNames: readonly string[]
  /** Best quality first, at least one. */
  readonly candidates: readonly Candidate[]
  /** What was taken for granted, in sentences. */
  readonly assumed: readonly string[]
}

/** A catalogue model; its sizes are computed from its configuration, the published ones are only compared with. */
export function rentableOf(model: CatalogModel): Rentable {
  return {
    id: model.id,
    title: model.title,
    licence: model.licence,
    note: model.note,
    contextMaxTokens: model.contextMaxTokens,
    servedNames: servedNames(model),
    candidates: model.checkpoints.map((checkpoint) => candidateOf(model, checkpoint)),
    assumed: [],
  }
}

function candidateOf(model: CatalogModel, checkpoint: Checkpoint): Candidate {
  const reading = shapeFromConfig({ ...model.config, quantization_config: checkpoint.quantizationConfig ?? null })
  if (!reading.ok) throw new Error(`catalogue entry ${model.id}: ${reading.missing.join(', ')}`)
  return {
    precision: checkpoint.precision,
    repo: checkpoint.repo,
    revision: null,
    sizing: { kind: 'computed', shape: reading.shape },
    weightsBytes: checkpointBytes(reading.shape),
    weightFiles: checkpoint.files ?? null,
    note: checkpoint.note ?? null,
  }
}

/** The id first, then the other short names: clients that pick a template by name look for "deepseek". */
const servedNames = ({ id, aliases }: CatalogModel): string[] => [
  ...new Set([id, ...aliases.filter((name) => !name.includes('/'))]),
]

/** What a checkpoint that is not in the catalogue says of itself. */
export interface ForeignModel {
  /** As it was asked for: hub id or folder. */
  readonly name: string
  readonly revision: string | null
  /** `config.json`, parsed. */
  readonly config: unknown
  /** All weight files, where it is known. */
  readonly weightsBytes?: number
  readonly weightFiles?: number
}

export type ForeignReading =
  { readonly ok: true; readonly rentable: Rentable } | { readonly ok: false; readonly missing: readonly string[] }

/** Real sizes that far from the computed ones are explained by small things that the arithmetic leaves out. */
const SCALABLE = 0.1
const EXACT = 0.005
const CONTEXT_WITHOUT_PROMISE = 131_072

/** Sizes any other model by the same arithmetic, corrected by the size of its real files. */
export function rentableForeign(model: ForeignModel): ForeignReading {
  const reading = shapeFromConfig(model.config)
  if (!reading.ok) return reading
  const computed = checkpointBytes(reading.shape)
  const factor = (model.weightsBytes ?? computed) / computed
  if (Math.abs(factor - 1) > SCALABLE)
    return {
      ok: false,
      missing: [
        `arithmetic that explains its size: ${inGB(computed)} by config.json, ${inGB(model.weightsBytes ?? 0)} in the files`,
      ],
    }
  const shape = { ...reading.shape, sizeFactor: factor }
  const { precision } = shape.quantisation
  const name = model.name.replace(/[/\\]+$/, '')
  return {
    ok: true,
    rentable: {
      id: name,
      title: `${name} (${(parameterCount(reading.shape) / 1e9).toFixed(1)}B, ${shape.architecture})`,
      licence: null,
      note: 'Not in the catalogue: nothing is known of its quality.',
      contextMaxTokens: Math.min(shape.positions, CONTEXT_WITHOUT_PROMISE),
      servedNames: [shortName(name)],
      candidates: [
        {
          precision,
          repo: name,
          revision: model.revision,
          sizing: { kind: 'computed', shape },
          weightsBytes: checkpointBytes(shape),
          weightFiles: model.weightFiles ?? null,
          note: null,
        },
      ],
      assumed: [...reading.assumed, ...sizeAssumptions(model, factor, shape)],
    },
  }
}

function sizeAssumptions(
  { weightsBytes, revision }: ForeignModel,
  factor: number,
  { positions }: ModelShape,
): string[] {
  return [
    ...(revision === null ? ['Read from a folder here; a rented machine gets its weights from the hub.'] : []),
    ...(weightsBytes === undefined ? ['The size of its files is not known: computed from config.json alone.'] : []),
    ...(Math.abs(factor - 1) > EXACT
      ? [`Its files are ${(factor * 100).toFixed(1)} % of what config.json gives: all weights are scaled by that.`]
      : []),
    ...(positions > CONTEXT_WITHOUT_PROMISE
      ? [`config.json allows ${String(positions)} tokens; planned up to ${String(CONTEXT_WITHOUT_PROMISE)}.`]
      : []),
  ]
}

/** A model of which only the memory is known, because the user says so. */
export const rentableStated = (name: string, totalGiB: number, contextTokens: number | undefined): Rentable => ({
  id: name,
  title: name,
  licence: null,
  note: 'Not in the catalogue: nothing is known of its quality.',
  contextMaxTokens: contextTokens ?? CONTEXT_WITHOUT_PROMISE,
  servedNames: [shortName(name)],
  candidates: [
    {
      precision: 'bf16',
      repo: name,
      revision: null,
      sizing: { kind: 'stated', totalGiB },
      weightsBytes: Math.round(totalGiB * 2 ** 30),
      weightFiles: null,
      note: null,
    },
  ],
  assumed: [`It takes ${String(totalGiB)} GiB of GPU memory in all, as you say; its files at most as much.`],
})

const shortName = (name: string): string => name.split(/[/\\]/).at(-1)?.toLowerCase() ?? name
const inGB = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

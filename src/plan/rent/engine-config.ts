/**
 * vLLM's configuration for a plan, as the one YAML file it starts from. Pure. Every number that the memory sum used is
 * written down here, so that no default of another version changes it. vLLM turns each key into the option of that name and
 * a list into its several values.
 */
import { GPU_MEMORY_UTILIZATION } from '../fit.js'
import { gpuNamed } from '../gpus.js'
import type { Offer } from './offer.js'
import type { RentedModel } from './rent-plan.js'
import type { EngineArg } from './serving.js'
import { MAX_BATCHED_TOKENS } from './suit.js'

/** The vLLM that machines install. */
export const ENGINE_VERSION = '0.33.0'
/** Major version of NVIDIA's driver that its CUDA needs. */
export const DRIVER_MIN = 580
/** Port on the machine's own loopback. */
export const ENGINE_PORT = 8000
/** Below it a GPU cannot compute in bf16. */
const CAPABILITY_BF16 = 8

/** What of an offer the engine is told. */
export interface EnginePlace extends Pick<
  Offer,
  'instanceType' | 'gpu' | 'gpuCount' | 'tensorParallel' | 'contextTokens' | 'maxSequences'
> {
  /** Absent: that of a GPU of that name. */
  readonly computeCapability?: number
  readonly port?: number
}

type Line = readonly [string, Value]
type Value = string | number | boolean | readonly string[]

/** `args` stand in place of what the plan says under the same name, and after it. */
export function engineConfig(model: RentedModel, offer: EnginePlace, args: readonly EngineArg[] = []): string {
  const { computeCapability = gpuNamed(offer.gpu, 0).computeCapability, port = ENGINE_PORT } = offer
  const planned: readonly Line[] = [
    ['model', model.repo],
    ...(model.revision === null
      ? []
      : ([
          ['revision', model.revision],
          ['tokenizer-revision', model.revision],
        ] as const)),
    ['served-model-name', [...new Set([...model.servedNames, model.repo])]],
    ['host', '127.0.0.1'],
    ['port', port],
    ['tensor-parallel-size', offer.tensorParallel],
    ['max-model-len', offer.contextTokens],
    ['max-num-seqs', offer.maxSequences],
    ['max-num-batched-tokens', MAX_BATCHED_TOKENS],
    ['gpu-memory-utilization', GPU_MEMORY_UTILIZATION],
    // What labos asks all the time says nothing in the log.
    ['disable-access-log-for-endpoints', '/health,/metrics'],
    ...(computeCapability < CAPABILITY_BF16 ? ([['dtype', 'half']] as const) : []),
  ]
  const named = new Set(args.map(({ name }) => name))
  const lines: readonly Line[] = [
    ...planned.filter(([key]) => !named.has(key)),
    ...args.map(({ name, value }): Line => [name, typed(value)]),
  ]
  return [
    `# vLLM: ${model.id} (${model.precision}) on ${String(offer.gpuCount)}x ${offer.gpu}, ${offer.instanceType}`,
    ...(model.revision === null ? ['# revision: not resolved; `labos plan --check` asks the hub for the commit'] : []),
    ...lines.map(lineText),
    '',
  ].join('\n')
}

const lineText = ([key, value]: Line): string => `${key}:${yaml(value)}`

/** The line that an option stands in. */
export const configLine = ({ name, value }: EngineArg): string => lineText([name, typed(value)])

/** What a person typed: numbers and yes or no as such. */
function typed(text: string): Value {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text
}

/** Strings always quoted: a commit of digits only, or one like 1e10, must not become a number. JSON is YAML. */
function yaml(value: Value): string {
  if (typeof value === 'number' || typeof value === 'boolean') return ` ${String(value)}`
  return typeof value === 'string'
    ? ` ${JSON.stringify(value)}`
    : `\n${value.map((item) => `  - ${JSON.stringify(item)}`).join('\n')}`
}

/** `quantization_config` of a checkpoint: how many bits a weight takes, and in what groups. */
import { awq, fp8PerTensor, type Quantisation, unquantised } from '../precision.js'
import { isRecord } from './fields.js'

export type QuantisationReading =
  { readonly ok: true; readonly quantisation: Quantisation } | { readonly ok: false; readonly missing: string }

type Config = Readonly<Record<string, unknown>>

/** Absent = 16 bits. A method that labos cannot size is refused, with its name. */
export function quantisationOf(config: unknown): QuantisationReading {
  if (config === undefined || config === null) return { ok: true, quantisation: unquantised }
  if (!isRecord(config)) return { ok: false, missing: 'quantization_config is not an object' }
  const method = config['quant_method']
  const quantisation = typeof method === 'string' && READERS.get(method)?.(config)
  if (quantisation) return { ok: true, quantisation }
  return { ok: false, missing: `the size of weights quantised with ${JSON.stringify(method ?? null)}` }
}

const READERS: ReadonlyMap<string, (config: Config) => Quantisation | undefined> = new Map([
  ['fp8', fp8],
  [
    'awq',
    (config: Config) =>
      grouped('awq', config['bits'] ?? config['w_bit'], config['group_size'] ?? config['q_group_size']),
  ],
  ['gptq', (config: Config) => grouped('gptq', config['bits'], config['group_size'])],
  ['compressed-tensors', compressedTensors],
])

/** One scale a tensor, or one a block of 128 x 128 (DeepSeek-V3 and later). */
function fp8(config: Config): Quantisation | undefined {
  const block = config['weight_block_size']
  if (block === undefined || block === null) return fp8PerTensor
  const [rows, columns] = Array.isArray(block) ? (block as unknown[]) : []
  if (!isSize(rows) || !isSize(columns)) return undefined
  return { precision: 'fp8', bitsPerWeight: 8 + 32 / (rows * columns), groupSize: Math.max(rows, columns) }
}

/** Integers in groups along the input, each with a 16-bit scale and a zero point. A group of -1 is the whole row. */
function grouped(precision: 'awq' | 'gptq', bits: unknown, groupSize: unknown): Quantisation | undefined {
  if (!isSize(bits) || bits > 8) return undefined
  if (groupSize === -1) return { precision, bitsPerWeight: bits }
  if (!isSize(groupSize)) return undefined
  return precision === 'awq' && bits === 4
    ? awq(groupSize)
    : { precision, bitsPerWeight: bits + (16 + bits) / groupSize, groupSize }
}

/** All groups of one checkpoint have the same scheme in practice; the first one is read. */
function compressedTensors(config: Config): Quantisation | undefined {
  const groups = config['config_groups']
  const group = isRecord(groups) ? Object.values(groups)[0] : undefined
  const weights = isRecord(group) ? group['weights'] : undefined
  if (!isRecord(weights)) return undefined
  const { num_bits: bits, type, group_size: groupSize } = weights
  if (!isSize(bits) || bits > 8) return undefined
  if (type === 'float') return bits === 8 ? fp8PerTensor : undefined
  if (bits === 8) return { precision: 'int8', bitsPerWeight: 8 }
  return isSize(groupSize) ? grouped('gptq', bits, groupSize) : undefined
}

const isSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_536

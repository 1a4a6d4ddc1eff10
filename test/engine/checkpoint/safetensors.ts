/** Tensors as files of the safetensors format: the length of a JSON header, the header, the numbers. */
import type { Tensor } from './tensors.js'

export interface WeightFiles {
  /** Content by file name. */
  readonly shards: Readonly<Record<string, Buffer>>
  /** model.safetensors.index.json */
  readonly index: object
}

/** In `count` files of about the same size. */
export function weightFiles(tensors: readonly Tensor[], count: number): WeightFiles {
  const total = tensors.reduce((sum, { values }) => sum + values.byteLength, 0)
  const groups = Array.from({ length: count }, (): Tensor[] => [])
  let before = 0
  for (const tensor of tensors) {
    groups[Math.floor((before / total) * count)]?.push(tensor)
    before += tensor.values.byteLength
  }
  const named = groups.map((group, index) => [fileName(index + 1, count), group] as const)
  return {
    shards: Object.fromEntries(named.map(([name, group]) => [name, shard(group)])),
    index: {
      metadata: { total_size: total },
      weight_map: Object.fromEntries(named.flatMap(([file, group]) => group.map(({ name }) => [name, file]))),
    },
  }
}

const fileName = (number: number, count: number): string =>
  `model-${String(number).padStart(5, '0')}-of-${String(count).padStart(6, '0')}.safetensors`

function shard(tensors: readonly Tensor[]): Buffer {
  let end = 0
  const entries = tensors.map(({ name, shape, values }) => {
    const start = end
    end += values.byteLength
    return [name, { dtype: 'BF16', shape, data_offsets: [start, end] }]
  })
  const text = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) })
  const header = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8))
  const length = new Uint8Array(new BigUint64Array([BigInt(header.byteLength)]).buffer)
  return Buffer.concat([length, header, ...tensors.map(({ values }) => new Uint8Array(values.buffer))])
}

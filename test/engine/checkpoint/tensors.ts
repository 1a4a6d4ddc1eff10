/**
 * The small model's weights. Attention and experts run on real numbers, but what they would add is multiplied by zero: only
 * the embedding of the last token reaches the end, and there the row of its successor fits it best.
 */
import { shape } from './config.js'
import { successors } from './successors.js'
import { vocabulary } from './tokenizer.js'

export interface Tensor {
  readonly name: string
  readonly shape: readonly number[]
  /** bfloat16: the upper half of a 32 bit number. */
  readonly values: Uint16Array
}

const { hidden_size: hidden, num_attention_heads: heads, n_routed_experts: experts } = shape
const [latent, rope, nope] = [512, 64, 128]

export function tensors(): readonly Tensor[] {
  const random = xorshift(1)
  return [
    ...embeddings(random),
    ...Array.from({ length: shape.num_hidden_layers }, (_, layer) => layerTensors(layer, random)).flat(),
    filled('model.norm.weight', [hidden], 1),
  ]
}

function layerTensors(layer: number, random: () => number): Tensor[] {
  const noise = (name: string, ...size: number[]): Tensor =>
    noisy(`model.layers.${String(layer)}.${name}`, size, random)
  const nothing = (name: string, ...size: number[]): Tensor => filled(`model.layers.${String(layer)}.${name}`, size, 0)
  const ones = (name: string, size: number): Tensor => filled(`model.layers.${String(layer)}.${name}`, [size], 1)
  const mlp = (name: string, width: number): Tensor[] => [
    noise(`${name}.gate_proj.weight`, width, hidden),
    noise(`${name}.up_proj.weight`, width, hidden),
    nothing(`${name}.down_proj.weight`, hidden, width),
  ]
  return [
    ones('input_layernorm.weight', hidden),
    noise('self_attn.q_proj.weight', heads * (nope + rope), hidden),
    noise('self_attn.kv_a_proj_with_mqa.weight', latent + rope, hidden),
    ones('self_attn.kv_a_layernorm.weight', latent),
    noise('self_attn.kv_b_proj.weight', heads * (nope + nope), latent),
    nothing('self_attn.o_proj.weight', hidden, heads * nope),
    ones('post_attention_layernorm.weight', hidden),
    // The first layer is dense, as in the real model.
    ...(layer === 0
      ? mlp('mlp', shape.intermediate_size)
      : [
          noise('mlp.gate.weight', experts, hidden),
          ...Array.from({ length: experts }, (_, index) => index).flatMap((index) =>
            mlp(`mlp.experts.${String(index)}`, shape.moe_intermediate_size),
          ),
          ...mlp('mlp.shared_experts', 2 * shape.moe_intermediate_size),
        ]),
  ]
}

/**
 * Signs at random, so that any two embeddings are near a right angle. Those without a successor of their own share half of
 * theirs with a common vector, which the row of what follows them all fits.
 */
function embeddings(random: () => number): Tensor[] {
  const { own, otherwise } = successors()
  const signs = (): Int8Array => Int8Array.from({ length: hidden }, () => (random() & 1 ? 1 : -1))
  const common = signs()
  const tokens = new Float32Array(shape.vocab_size * hidden)
  const rows = new Float32Array(shape.vocab_size * hidden)
  for (let token = 0; token < vocabulary.length; token++) {
    const next = own.get(token)
    signs().forEach((sign, index) => {
      tokens[token * hidden + index] = (next === undefined ? (sign + (common[index] ?? 0)) / 2 : sign) / 32
      if (next !== undefined) rows[next * hidden + index]! += sign / 32
    })
  }
  common.forEach((sign, index) => (rows[otherwise * hidden + index]! += sign / 32))
  return [
    { name: 'model.embed_tokens.weight', shape: [shape.vocab_size, hidden], values: bfloat16(tokens) },
    { name: 'lm_head.weight', shape: [shape.vocab_size, hidden], values: bfloat16(rows) },
  ]
}

const bfloat16 = (values: Float32Array): Uint16Array =>
  new Uint16Array(values.buffer).filter((_, index) => index % 2 === 1)

const sizeOf = (size: readonly number[]): number => size.reduce((product, each) => product * each, 1)

const filled = (name: string, size: readonly number[], value: number): Tensor => ({
  name,
  shape: size,
  values: new Uint16Array(sizeOf(size)).fill(bfloat16(Float32Array.of(value))[0] ?? 0),
})

/** Numbers of both signs between 1/128 and 1/64. */
const noisy = (name: string, size: readonly number[], random: () => number): Tensor => ({
  name,
  shape: size,
  values: new Uint16Array(sizeOf(size)).map(() => 0x3c00 | (random() & 0x807f)),
})

/** The same numbers on every computer. */
function xorshift(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 8
  }
}

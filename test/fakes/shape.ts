import { catalog } from '../../src/plan/catalog.js'
import { shapeFromConfig } from '../../src/plan/memory/from-config.js'
import type { ModelShape } from '../../src/plan/memory/shape.js'
import type { Precision } from '../../src/plan/precision.js'

/** The shape of a catalogue model's checkpoint, the way the plan reads it. */
export function shapeOf(id: string, precision: Precision = 'bf16'): ModelShape {
  const model = catalog.find((entry) => entry.id === id)
  const checkpoint = model?.checkpoints.find((entry) => entry.precision === precision)
  const reading = shapeFromConfig({ ...model?.config, quantization_config: checkpoint?.quantizationConfig })
  if (!checkpoint || !reading.ok) throw new Error(`no ${precision} of ${id}`)
  return reading.shape
}

/** A small plain decoder, as a config.json says it. */
export const llamaConfig = {
  architectures: ['LlamaForCausalLM'],
  num_hidden_layers: 32,
  hidden_size: 4096,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  intermediate_size: 14_336,
  vocab_size: 128_256,
  max_position_embeddings: 131_072,
  torch_dtype: 'bfloat16',
}

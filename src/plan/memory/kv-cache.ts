/** The KV cache: what the model remembers of each token of context. */
import type { ModelShape } from './shape.js'

const ENTRY_BYTES = 2

/**
 * Bytes on each GPU for one token. With MLA one latent vector a layer, whole on every GPU: tensor parallelism does not divide
 * it. Else the KV heads are split, but a GPU holds at least one.
 */
export function kvBytesPerToken({ layers, attention }: ModelShape, tensorParallel: number): number {
  if (attention.kind === 'mla') return layers * (attention.kvLoraRank + attention.qkRopeHeadDim) * ENTRY_BYTES
  const heads = Math.max(1, Math.ceil(attention.kvHeads / tensorParallel))
  return layers * 2 * heads * attention.headDim * ENTRY_BYTES
}

/** How weights are stored. `bf16` also stands for fp16 and fp32 checkpoints, which keep their own size. */
export const precisions = ['bf16', 'fp8', 'int8', 'awq', 'gptq'] as const
export type Precision = (typeof precisions)[number]

/** Best first: what a user gives up by going down. */
export const qualityRank = (precision: Precision): number => precisions.indexOf(precision)

/** What a checkpoint's `quantization_config` means for memory. Embeddings, output head, router gates and norms stay 16 bit. */
export interface Quantisation {
  readonly precision: Precision
  /** Average bits of one quantised weight, scales and zero points included. */
  readonly bitsPerWeight: number
  /** Weights that share a scale along the input; absent where one scale serves a whole tensor or row. */
  readonly groupSize?: number
}

export const unquantised: Quantisation = { precision: 'bf16', bitsPerWeight: 16 }
/** fp8 with one scale a tensor. */
export const fp8PerTensor: Quantisation = { precision: 'fp8', bitsPerWeight: 8 }
/** 4 bits, a 16-bit scale and a 4-bit zero point for each group. */
export const awq = (groupSize: number): Quantisation => ({
  precision: 'awq',
  bitsPerWeight: 4 + 20 / groupSize,
  groupSize,
})

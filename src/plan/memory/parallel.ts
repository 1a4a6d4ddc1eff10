/** Over how many GPUs a model can be split: limits of vLLM and its kernels. */
import type { ModelShape } from './shape.js'

/** Why tensor parallelism of that size does not work; undefined when it does. */
export function parallelLimit(shape: ModelShape, tensorParallel: number): string | undefined {
  if (tensorParallel === 1) return undefined
  return headLimit(shape, tensorParallel) ?? quantisationLimit(shape, tensorParallel)
}

/** The largest size up to `gpuCount` that works. 1 always does. */
export function largestParallel(shape: ModelShape, gpuCount: number): number {
  for (let size = gpuCount; size > 1; size -= 1) if (parallelLimit(shape, size) === undefined) return size
  return 1
}

function headLimit({ attention, mlp }: ModelShape, tensorParallel: number): string | undefined {
  if (attention.heads % tensorParallel !== 0)
    return `${String(attention.heads)} attention heads do not divide by ${String(tensorParallel)}`
  if (attention.kind === 'grouped') {
    const { kvHeads } = attention
    if (kvHeads % tensorParallel !== 0 && tensorParallel % kvHeads !== 0)
      return `${String(kvHeads)} KV heads do not divide by ${String(tensorParallel)}`
  }
  const odd = widths(mlp).find((width) => width % tensorParallel !== 0)
  return odd === undefined ? undefined : `an MLP width of ${String(odd)} does not divide by ${String(tensorParallel)}`
}

/** Rows of FP8 come in 16s; a group of weights that share a scale may not be cut; Marlin's MoE kernel takes no less than 64. */
function quantisationLimit({ mlp, quantisation }: ModelShape, tensorParallel: number): string | undefined {
  const { precision, groupSize } = quantisation
  const multipleOf = (width: number): number => {
    if (precision === 'fp8') return groupSize ?? 16
    if (groupSize === undefined) return 1
    return width === mlp.moe?.expertIntermediate ? Math.max(64, groupSize) : groupSize
  }
  const odd = widths(mlp).find((width) => (width / tensorParallel) % multipleOf(width) !== 0)
  if (odd === undefined) return undefined
  return `${precision}: ${String(odd)} / ${String(tensorParallel)} is not a multiple of ${String(multipleOf(odd))}`
}

const widths = ({ denseLayers, denseIntermediate, moe }: ModelShape['mlp']): number[] => [
  ...(denseLayers > 0 ? [denseIntermediate] : []),
  ...(moe ? [moe.expertIntermediate] : []),
  ...(moe && moe.sharedIntermediate > 0 ? [moe.sharedIntermediate] : []),
]

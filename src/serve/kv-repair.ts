/** The one failure that is repaired: a context that the GPU has no room for. Pure. */
import { formatGiB } from '../ui/format.js'

export interface KvRepair {
  /** With which it did not start. */
  readonly fromTokens: number
  /** What it is started with instead. */
  readonly toTokens: number
  /** For people, whole sentences. */
  readonly text: string
}

const PATTERN =
  /max seq len \((\d+)\), \(?([0-9.]+) GiB KV cache is needed.*?available KV cache memory \(([0-9.]+) GiB\).*?estimated maximum model length is (\d+)/g
const STEP_TOKENS = 1024

/** The context that vLLM says there is room for, in whole 1024 tokens; undefined where it names none that is of use. */
export function kvRepair(lines: readonly string[]): KvRepair | undefined {
  const [, asked, needed, available, estimate] = [...lines.join(' ').matchAll(PATTERN)].at(-1) ?? []
  const fromTokens = Number(asked)
  const toTokens = Math.floor(Number(estimate) / STEP_TOKENS) * STEP_TOKENS
  if (!(toTokens > 0 && toTokens < fromTokens)) return undefined
  return {
    fromTokens,
    toTokens,
    text:
      `A context of ${String(fromTokens)} tokens needs ${formatGiB(Number(needed))} of KV cache, and the GPU has ` +
      `${formatGiB(Number(available))} left: the engine was started again with ${String(toTokens)}.`,
  }
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { kvRepair } from '../../../src/serve/kv-repair.js'

const line = (asked: number, estimate: number): string =>
  `ValueError: To serve at least one request with the model's max seq len (${String(asked)}), (4.75 GiB KV cache is needed, which is larger than the available KV cache memory (2.89 GiB). Based on the available memory, the estimated maximum model length is ${String(estimate)}. Try increasing`

describe('the repair of a context that is too long', () => {
  it('is the length that vLLM names, rounded down to whole 1024 tokens, and said', () => {
    expect(kvRepair(['INFO starting', line(163_840, 99_760), 'Traceback'])).toEqual({
      fromTokens: 163_840,
      toTokens: 99_328,
      text: 'A context of 163840 tokens needs 4.75 GiB of KV cache, and the GPU has 2.89 GiB left: the engine was started again with 99328.',
    })
  })

  it('is found where the line is wrapped, and of several failures the last counts', () => {
    const words = line(163_840, 99_760).split(' ')
    expect(kvRepair([words.slice(0, 11).join(' '), words.slice(11).join(' ')])?.toTokens).toBe(99_328)
    expect(kvRepair([line(163_840, 99_760), 'noise', line(99_328, 50_000)])?.toTokens).toBe(49_152)
  })

  it('is found in the log of a real start', () => {
    const said = readFileSync(join(import.meta.dirname, '../../fixtures/vllm-0.32/kv-too-small.log'), 'utf8')
    expect(kvRepair(said.split('\n'))).toMatchObject({ fromTokens: 2048, toTokens: 1024 })
  })

  it.each([
    ['the length is no use', line(163_840, 900)],
    ['it would not be shorter', line(8192, 9000)],
    ['no length is named', line(163_840, 1).replace(/ Based.*/, '')],
    ['something else went wrong', 'torch.OutOfMemoryError: CUDA out of memory.'],
  ])('is none where %s', (_, said) => {
    expect(kvRepair([said])).toBeUndefined()
  })
})

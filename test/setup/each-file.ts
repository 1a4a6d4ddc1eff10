/** Every test file has a HOME of its own, empty and removed after it. A test that says something on the console fails. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect } from 'vitest'

const home = mkdtempSync(join(tmpdir(), 'labos-home-'))
const theirs = /^(?:XDG_|LABOS_(?!TEST_))|^(?:DEBUG|FORCE_COLOR|OLLAMA_HOST)$/
for (const name of Object.keys(process.env).filter((key) => theirs.test(key))) Reflect.deleteProperty(process.env, name)
Object.assign(process.env, { HOME: home, USERPROFILE: home, LOCALAPPDATA: home, APPDATA: home })

afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 3 }))

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

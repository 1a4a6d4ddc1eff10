import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { makeKeyPair } from '../../../src/adapters/ssh/keys.js'
import { bareKey } from '../../../src/connect/host-keys.js'
import { knownHostsText, knownKeys } from '../../../src/connect/known-hosts.js'
import { tempDir } from '../../fakes/temp-dir.js'

const newKey = (): string => bareKey(makeKeyPair('').publicKey) ?? ''
const [one, two] = [newKey(), newKey()]

it('is written as it is read', () => {
  const text = knownHostsText({ host: 'box', port: 2222, hostKeys: [one, two] })
  expect(text).toBe(`[box]:2222 ${one}\n[box]:2222 ${two}\n`)
  expect(knownKeys(text, { host: 'box', port: 2222 })).toEqual([one, two])
  expect(knownKeys(text, { host: 'box', port: 22 })).toEqual([])
})

it('knows names, patterns, comments and what is revoked', () => {
  const text = `# box ${one}\nother,*.lab,!bad.lab ${one} comment\n@revoked * ${two}\nother ${two}\n@cert-authority * ${one}\nbroken\n\n`
  expect(knownKeys(text, { host: 'other', port: 22 })).toEqual([one])
  expect(knownKeys(text, { host: 'A.lab', port: 22 })).toEqual([one])
  expect(knownKeys(text, { host: 'bad.lab', port: 22 })).toEqual([])
  expect(knownKeys(text, { host: 'axlab', port: 22 })).toEqual([])
  expect(knownKeys(text, { host: 'box', port: 22 })).toEqual([])
})

it('finds names that ssh-keygen has hidden', () => {
  const path = join(tempDir(), 'known_hosts')
  writeFileSync(path, knownHostsText({ host: '10.0.0.7', port: 2200, hostKeys: [one] }))
  execFileSync('ssh-keygen', ['-H', '-f', path], { stdio: 'ignore' })
  const hidden = readFileSync(path, 'utf8')
  expect(hidden).not.toContain('10.0.0.7')
  expect(knownKeys(hidden, { host: '10.0.0.7', port: 2200 })).toEqual([one])
  expect(knownKeys(hidden, { host: '10.0.0.7', port: 22 })).toEqual([])
})

/** The walk through labos on the test cloud: what it runs, and that it asks nothing else. The program is a stand-in. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeEach, expect, it } from 'vitest'

const DEMO = resolve(import.meta.dirname, '../cloud/demo.sh')
const dir = mkdtempSync(join(tmpdir(), 'labos-demo-'))
const log = join(dir, 'log')
const program = join(dir, 'labos')

beforeEach(() => {
  writeFileSync(log, '')
  writeFileSync(program, `#!/bin/sh\necho "$*" >> '${log}'\ntest "$1" != "$FAIL"\n`, { mode: 0o755 })
})
afterAll(() => rmSync(dir, { recursive: true }))

function demo(endpoint: string, failing = '') {
  const env = { ...process.env, AWS_ENDPOINT_URL: endpoint, LABOS: program, FAIL: failing }
  const { status, stderr } = spawnSync('sh', [DEMO], { encoding: 'utf8', env })
  return { status, stderr, ran: readFileSync(log, 'utf8').trimEnd().split('\n') }
}

const HERE = 'http://127.0.0.1:5055'
const UP = 'up deepseek-coder-v2 --until machine --yes'

it('walks from the plan to the end', () => {
  const ran = ['plan deepseek-coder-v2 --check', UP, 'ps', 'status', 'cost', 'down', 'ps']
  expect(demo(HERE)).toEqual({ status: 0, stderr: '', ran })
})

it('gives back what it has when a step fails, and says that it failed', () => {
  expect(demo(HERE, 'status')).toMatchObject({
    status: 1,
    ran: expect.arrayContaining(['down --ignore-not-found']) as unknown,
  })
  writeFileSync(log, '')
  expect(demo(HERE, 'plan')).toMatchObject({ status: 1, ran: ['plan deepseek-coder-v2 --check'] })
})

it('refuses every other cloud', () => {
  for (const endpoint of ['', 'https://ec2.us-east-1.amazonaws.com']) {
    expect(demo(endpoint)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('npm run cloud') as string,
      ran: [''],
    })
  }
})

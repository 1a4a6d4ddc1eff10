import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nameOf } from '../../../src/flow/choose-port.js'
import { planLab } from '../../../src/flow/plan-lab.js'
import type { UpRequest } from '../../../src/flow/request.js'
import type { Plan } from '../../../src/plan/plan.js'
import { labPaths } from '../../../src/state/paths.js'
import { fakeContext, fakePorts, fakeProvider, saveSomeLab, type FakeContext } from '../../fakes/context.js'
import { someFacts, somePlan, someRequest } from '../../fakes/plan.js'

const plan = (context: FakeContext, more: Partial<UpRequest> = {}): Promise<Plan> => {
  const model = more.model ?? 'smollm2'
  return planLab({ model, lease: {}, agreed: true, ...more }, someRequest(model).model, context)
}

describe('a plan for this computer', () => {
  it('is for the default port and engine, and makes nothing', async () => {
    const context = fakeContext()
    const { port, engine, contextTokens, downloads } = await plan(context)
    expect([port, engine, contextTokens, downloads.length]).toEqual([8484, 'llama.cpp', 8192, 2])
    expect(readdirSync(dirname(context.paths.cacheDir))).toEqual([])
  })

  it('takes what the user asked for', async () => {
    const wish = { engine: 'ollama' as const, port: 9000, contextTokens: 512, lease: { ttlMs: 5 } }
    const made = await plan(fakeContext(), wish)
    expect(made).toMatchObject({ engine: 'ollama', port: 9000, contextTokens: 512, lease: { ttlMs: 5 } })
    expect(made.weights).toMatchObject({ kind: 'ollama', tag: 'smollm2:135m' })
  })

  it('that cannot be is thrown as its refusal, and nothing was made', async () => {
    const provider = fakeProvider({ facts: async () => ({ ...someFacts, memoryAvailableBytes: 1 }) })
    await expect(plan(fakeContext({ provider }))).rejects.toMatchObject({
      code: 'memory.short',
      exit: 3,
      aftermath: 'Nothing was created.',
    })
  })
})

describe('the port of a plan', () => {
  const python = { pid: 812, program: 'python3' }

  it('is the next free one when the default is taken, which the plan says', async () => {
    const context = fakeContext({ ports: fakePorts({ 8484: python, 8485: {} }) })
    const { port, notes } = await plan(context)
    expect(port).toBe(8486)
    expect(notes.at(-1)).toContain('Port 8484 is in use by python3 (pid 812)')
  })

  it('is never one that another lab keeps for its life, running or not', async () => {
    const context = fakeContext()
    await saveSomeLab(context.paths, 'one', { plan: somePlan({ port: 8484 }) })
    await saveSomeLab(context.paths, 'two', { plan: somePlan({ port: 8485 }) })
    const { port, notes } = await plan(context, { name: 'three' })
    expect(port).toBe(8486)
    expect(notes.at(-1)).toContain('Port 8484 is in use by the lab "one"')
  })

  it('may be the one that the lab itself had before', async () => {
    const context = fakeContext()
    await saveSomeLab(context.paths, 'smollm2', { plan: somePlan({ port: 8484 }) })
    await saveSomeLab(context.paths, 'mine', { plan: somePlan({ port: 9000 }) })
    expect((await plan(context)).port).toBe(8484)
    expect((await plan(context, { name: 'mine', port: 9000 })).port).toBe(9000)
  })

  it('is not changed by a damaged record', async () => {
    const context = fakeContext()
    mkdirSync(labPaths(context.paths, 'bad').dir, { recursive: true })
    writeFileSync(labPaths(context.paths, 'bad').record, '{')
    expect((await plan(context)).port).toBe(8484)
  })

  it('that was asked for and is taken is refused with its holder and the next free one', async () => {
    const context = fakeContext({ ports: fakePorts({ 9000: python }) })
    await expect(plan(context, { port: 9000 })).rejects.toMatchObject({
      code: 'port.taken',
      message: 'Port 9000 is in use by python3 (pid 812).',
      suggestions: [expect.stringContaining('--port 9001'), expect.stringContaining('--port 0')],
    })
  })

  it('is any free one for 0, or when the fifty after the default are taken', async () => {
    expect((await plan(fakeContext(), { port: 0 })).port).toBe(50_000)
    const taken = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [8484 + index, python]))
    expect((await plan(fakeContext({ ports: fakePorts(taken) }))).port).toBe(50_000)
  })

  it('is never above the last there is', async () => {
    const ports = fakePorts({ 65_535: python })
    await expect(plan(fakeContext({ ports }), { port: 65_535 })).rejects.toMatchObject({
      code: 'port.taken',
      suggestions: [expect.stringContaining('--port 50000'), expect.anything()],
    })
  })
})

it.each([
  [{ pid: 812, program: 'python3' }, 'python3 (pid 812)'],
  [{ pid: 812 }, 'process 812'],
  [{}, 'another program'],
])('a holder known as %j is called %s', (holder, text) => expect(nameOf(holder)).toBe(text))

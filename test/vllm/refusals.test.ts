/** What vLLM does not start with, and what labos makes of its words; and how it ends when it is asked to. */
import { afterEach, describe, expect, it } from 'vitest'
import { vllm } from '../../src/engines/vllm.js'
import { diagnose } from '../../src/serve/diagnose.js'
import { measuredUse } from '../../src/serve/drift.js'
import { kvRepair } from '../../src/serve/kv-repair.js'
import { type EngineWish, type RunningEngine, startEngine } from './engine.js'
import { installation } from './installation.js'
import { groupOf } from './process-group.js'

const started: RunningEngine[] = []
afterEach(() => started.splice(0).forEach((engine) => engine.kill()))

async function start(wish: EngineWish): Promise<RunningEngine> {
  const engine = await startEngine(installation(), wish)
  started.push(engine)
  return engine
}

describe('vLLM', () => {
  it('names a setting that it does not know', async () => {
    const engine = await start({ args: { 'no-such-setting': '1' } })
    expect(await engine.exit).toMatchObject({ code: 2 })
    expect(diagnose(vllm.logRules, engine.lines())).toMatchObject({
      cause: 'bad-flag',
      evidence: expect.stringContaining('--no-such-setting') as unknown,
    })
  })

  it('says how long a context there is room for, serves with that one, and ends when it is asked to', async () => {
    const cramped = { args: { 'kv-cache-memory-bytes': '4M' }, kvGiB: null }
    const first = await start(cramped)
    expect(await first.exit).toMatchObject({ code: 1 })
    expect(diagnose(vllm.logRules, first.lines())).toMatchObject({ cause: 'kv-too-small' })
    const repair = kvRepair(first.lines())
    expect(repair).toMatchObject({ fromTokens: 2048, toTokens: 1024 })

    const second = await start({ ...cramped, contextTokens: repair?.toTokens ?? 0 })
    await second.serves()
    expect(measuredUse(second.lines())).toMatchObject({ contextTokens: 1024 })
    process.kill(second.pid, 'SIGTERM')
    expect(await second.exit).toMatchObject({ code: 0 })
    await expect.poll(() => groupOf(second.pid), { timeout: 30_000 }).toEqual([])
  })
})

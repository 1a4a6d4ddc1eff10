import { describe, expect, it } from 'vitest'
import { servingWorld as serving, type WatchWorld, watchWorld as world } from '../../../fakes/watched.js'

const KV_LINE =
  "ValueError: To serve at least one request with the model's max seq len (65536), (1.90 GiB KV cache is needed, which is larger than the available KV cache memory (1.40 GiB). Based on the available memory, the estimated maximum model length is 48200. Try increasing"

describe('an engine on a machine', () => {
  it('is starting, with what the machine says it does, until it answers; then its key is read', async () => {
    const { host, watch, clock, connect } = await world()
    expect(watch.snapshot()).toMatchObject({ state: 'starting', detail: 'the connection to the machine is being made' })
    await connect()
    expect(watch.snapshot()).toMatchObject({ state: 'starting', detail: 'the machine sets itself up' })
    host.phase({ phase: 'weights', state: 'running', done: 12.3e9, total: 31.4e9, rate: 96e6 })
    const detail = 'downloading the weights: 12.3 GB of 31.4 GB, 96 MB/s, 3 m 19 s left'
    expect(watch.snapshot()).toMatchObject({ state: 'starting', detail })
    expect(watch.address()).toBeUndefined()
    host.phase({ phase: 'weights', state: 'done' })
    host.phase({ phase: 'serve', state: 'running', text: '10 s' })
    host.engine = 200
    await clock.advance(1000)
    expect(watch.snapshot()).toMatchObject({ state: 'serving', restarts: 0 })
    expect(watch.address()).toEqual({ port: 8000, key: 'sk-engine' })
    expect(host.ran.filter((line) => line.endsWith('/key'))).toEqual(['sudo -n cat /var/lib/labos/key'])
    await watch.stop()
  })

  it('that answers without a key that can be read is not called serving', async () => {
    const { host, watch, connect } = await world()
    Object.assign(host, { engine: 200, key: '' })
    await connect()
    expect(watch.snapshot()).toEqual({
      state: 'failed',
      detail: 'The engine answers, but its key in /var/lib/labos cannot be read.',
      restarts: 0,
      retryAfterMs: 60_000,
    })
    expect(watch.address()).toBeUndefined()
    await watch.stop()
  })

  it('is compared with the plan once for each start', async () => {
    const { host, drifts, watch, clock, connect } = await world()
    host.engine = 200
    host.journal = ['INFO Model loading took 35.2 GiB memory', 'INFO GPU KV cache size: 290,000 tokens']
    await connect()
    await clock.advance(60_000)
    expect(drifts.flat()).toEqual([expect.objectContaining({ what: 'weights', planned: 29.3, measured: 35.2 })])
    expect(watch.drift()).toEqual(drifts[0])
    await watch.stop()
  })

  it('is unreachable while the path is away, says nothing twice, and serves at once when it is back', async () => {
    const { watch, told, host, cut, connect, clock } = await serving()
    const phases = watch.phases()
    await cut('the connection was cut')
    expect(watch.snapshot()).toMatchObject({
      state: 'unreachable',
      detail: 'the connection was cut',
      retryAfterMs: 700,
    })
    expect(watch.address()).toBeUndefined()
    await clock.advance(120_000)
    await connect()
    expect(watch.snapshot().state).toBe('serving')
    expect(watch.phases()).toEqual(phases)
    expect(told).toEqual(['serving', 'unreachable: the connection was cut', 'serving'])
    const followed = host.ran.filter((line) => line.includes('tail -c')).map((line) => Number(line.split(' ').at(-2)))
    expect(followed).toEqual([1, Buffer.byteLength(host.phases) + 1])
    await watch.stop()
  })

  it('fails with its path', async () => {
    const { watch, fail } = await world()
    await fail('ssh.hostkey')
    expect(watch.snapshot()).toMatchObject({ state: 'failed', detail: 'another key', cause: 'ssh.hostkey' })
    await watch.stop()
  })
})

describe('an engine that served', () => {
  it('has ended when it refuses: why is read from its journal, and it is looked at every second', async () => {
    const { host, watch, clock, told } = await serving()
    host.engine = 'refused'
    host.journal = ['Worker proc VllmWorker-0 died unexpectedly (exit code: None), shutting down executor.']
    await clock.advance(5000)
    expect(watch.snapshot()).toMatchObject({
      state: 'restarting',
      restarts: 1,
      lastExit: { why: 'it did not listen any more' },
      detail: expect.stringMatching(/^The engine ended: Worker proc VllmWorker-0 died .*labos logs system/) as string,
    })
    host.engine = 200
    await clock.advance(1000)
    expect(watch.snapshot()).toMatchObject({ state: 'serving', restarts: 1 })
    expect(told.map((line) => line.split(':')[0])).toEqual(['serving', 'restarting', 'restarting', 'serving'])
    await watch.stop()
  })

  it('is looked at at once when somebody was refused', async () => {
    const { host, watch, clock } = await serving()
    host.engine = 503
    watch.look()
    await clock.advance(0)
    expect(watch.snapshot()).toMatchObject({ state: 'restarting', lastExit: { why: 'it said that it is broken' } })
    await watch.stop()
  })

  it('has ended once when it was silent before it refused, and when the connection is lost before and after', async () => {
    const { host, watch, clock, cut, connect } = await serving()
    host.engine = 'silent'
    await clock.advance(12_000)
    host.engine = 'refused'
    await clock.advance(6000)
    const died = { state: 'restarting', restarts: 1, lastExit: { why: 'it did not listen any more' } }
    expect(watch.snapshot()).toMatchObject(died)
    await cut('the connection was cut')
    await connect()
    expect(watch.snapshot()).toMatchObject(died)
    host.engine = 200
    await clock.advance(5000)
    await cut('the connection was cut')
    host.engine = 'refused'
    await connect()
    expect(watch.snapshot()).toMatchObject({ ...died, restarts: 2 })
    await watch.stop()
  })

  it('has failed when systemd gives it up', async () => {
    const { host, watch, clock } = await serving()
    host.engine = 'refused'
    host.journal = ['torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.75 GiB.']
    await clock.advance(6000)
    expect(watch.snapshot().state).toBe('restarting')
    host.unitState = 'failed'
    await clock.advance(6000)
    expect(watch.snapshot()).toMatchObject({ state: 'failed', cause: 'cuda-oom' })
    host.engine = 200
    await clock.advance(15_000)
    expect(watch.snapshot().state).toBe('serving')
    await watch.stop()
  })

  it('hangs when it is silent three times in a row', async () => {
    const { host, watch, clock } = await serving()
    host.engine = 'silent'
    await clock.advance(15_000)
    expect(watch.snapshot().state).toBe('serving')
    await clock.advance(20_000)
    expect(watch.snapshot().state).toBe('unresponsive')
    await watch.stop()
  })

  it('is asked now by who wants to know: what was seen long ago is not said', async () => {
    const { host, watch, clock } = await serving()
    const check = async (): Promise<string> => {
      const checking = watch.check(800)
      await clock.advance(800)
      return (await checking).state
    }
    expect(await check()).toBe('serving')
    host.engine = 'silent'
    expect(await check()).toBe('serving')
    await clock.advance(8000)
    expect(await check()).toBe('unresponsive')
    host.engine = 'refused'
    expect(await check()).toBe('restarting')
    await watch.stop()
  })
})

describe('a machine that cannot serve', () => {
  const failing = async (
    cause: string,
    text: string,
    journal: readonly string[],
    isRepaired = false,
  ): Promise<WatchWorld> => {
    const it = await world(isRepaired)
    it.host.journal = journal
    it.host.phase({ phase: 'serve', state: 'running' })
    it.host.phase({ phase: 'serve', state: 'failed', cause, text })
    await it.connect()
    return it
  }

  it('is not called failed before it was looked into; then the engine’s first cause is told', async () => {
    const { watch, clock } = await failing('engine.exit', 'RuntimeError: Engine core initialization failed', [
      'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.75 GiB.',
      'RuntimeError: Engine core initialization failed. See root cause above.',
    ])
    expect(watch.snapshot().state).toBe('starting')
    await clock.advance(1000)
    expect(watch.snapshot()).toMatchObject({
      state: 'failed',
      cause: 'cuda-oom',
      detail: expect.stringMatching(/^torch.OutOfMemoryError: .* GiB\. The GPU is too small/) as string,
    })
    await watch.stop()
  })

  it.each([
    [
      'driver.missing',
      'nvidia-smi is not there',
      'nvidia-smi is not there. The machine has no NVIDIA driver that works',
    ],
    ['engine.exit', 'Killed', 'Killed. The engine ended before it ever answered.'],
  ])('for %s is told why by the machine itself', async (cause, text, detail) => {
    const { watch, clock } = await failing(cause, text, ['INFO nothing that tells'])
    await clock.advance(1000)
    expect(watch.snapshot()).toMatchObject({ state: 'failed', cause })
    expect(watch.snapshot().detail).toContain(detail)
    await watch.stop()
  })

  it('for want of room for its context is started again with less, once', async () => {
    const { watch, clock, host, repairs, told } = await failing('engine.exit', 'it ended', [KV_LINE])
    await clock.advance(1000)
    expect(host.contexts).toEqual([48_128])
    expect(repairs).toEqual([expect.objectContaining({ fromTokens: 65_536, toTokens: 48_128 })])
    expect(watch.snapshot()).toMatchObject({ state: 'starting' })
    expect(watch.snapshot().detail).toMatch(/^A context of 65536 tokens needs 1.90 GiB .* Now: the machine sets/)
    await clock.advance(60_000)
    host.phase({ boot: 2, phase: 'serve', state: 'running' })
    host.phase({ boot: 2, phase: 'serve', state: 'failed', cause: 'engine.exit', text: 'it ended' })
    await clock.advance(2000)
    expect(watch.snapshot()).toMatchObject({ state: 'failed', cause: 'kv-too-small' })
    expect(host.contexts).toHaveLength(1)
    expect(told.filter((line) => line.startsWith('failed'))).toHaveLength(1)
    await watch.stop()
  })

  it.each([
    ['it was done before', true, 0, 0],
    ['the machine does not do it', false, 1, 1],
  ])('is not repaired where %s', async (_, isRepaired, exit, tries) => {
    const { watch, clock, host, repairs } = await failing('engine.exit', 'it ended', [KV_LINE], isRepaired)
    host.setContextExit = exit
    await clock.advance(1000)
    expect(watch.snapshot()).toMatchObject({ state: 'failed', cause: 'kv-too-small' })
    expect([repairs.length, host.contexts.length]).toEqual([0, tries])
    await watch.stop()
  })

  it('is not failed for what an earlier start of the machine said', async () => {
    const { host, watch, clock, connect, told } = await world()
    host.phase({ boot: 1, phase: 'serve', state: 'failed', cause: 'engine.exit', text: 'it ended' })
    host.phase({ boot: 2, phase: 'engine', state: 'running' })
    await connect()
    await clock.advance(30_000)
    expect(watch.snapshot()).toMatchObject({ state: 'starting', detail: 'installing the engine' })
    expect(told).toEqual([])
    await watch.stop()
  })
})

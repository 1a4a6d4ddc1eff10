import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { downScreen } from '../../../src/cli/teardown-screens.js'
import { down } from '../../../src/flow/down.js'
import type { DownRequest } from '../../../src/flow/down-result.js'
import type { MachineRef } from '../../../src/ports.js'
import { labPaths, lockPath, type Paths } from '../../../src/state/paths.js'
import { ensureKey, removeLab } from '../../../src/state/store.js'
import {
  fakeContext,
  fakePorts,
  fakeProcesses,
  fakeProvider,
  saveSomeKeeper,
  saveSomeLab,
  whileTimePasses,
  type FakeContext,
} from '../../fakes/context.js'

const never = new AbortController().signal
const wish = (more: Partial<DownRequest> = {}): DownRequest => ({
  name: 'one',
  ignoreNotFound: false,
  force: false,
  purge: false,
  ...more,
})

/** A computer with a lab "one" that ran; `ended` gets what is to be destroyed. */
async function laboratory(ended: MachineRef[] = []): Promise<FakeContext> {
  const provider = fakeProvider({
    destroy: async (ref) => {
      ended.push(ref)
      return []
    },
  })
  const context = fakeContext({ provider })
  await saveSomeLab(context.paths, 'one')
  await saveSomeKeeper(context.paths, 'one', { engine: { pid: 8, startTime: 't8' } })
  return context
}

/** A lab whose engine and weights lie in the cache. */
async function saveLabWithFiles(paths: Paths, name: string, file: string): Promise<string[]> {
  const engineHome = join(paths.cacheDir, 'engines', 'llama.cpp-1')
  const weightsPath = join(paths.cacheDir, 'models', file)
  for (const dir of [engineHome, join(paths.cacheDir, 'models')]) mkdirSync(dir, { recursive: true })
  for (const path of [weightsPath, `${weightsPath}.checked`]) writeFileSync(path, 'x')
  await saveSomeLab(paths, name, { laboratory: { engineHome, weightsPath } })
  return [engineHome, weightsPath]
}

describe('down', () => {
  it('ends what runs, then forgets the lab, and says so', async () => {
    const ended: MachineRef[] = []
    const context = await laboratory(ended)
    const key = await ensureKey(context.paths, 'one')
    expect(await down(wish(), context, never)).toEqual({ name: 'one', outcome: 'removed', usd: 0, purged: [] })
    expect(ended).toMatchObject([{ port: 8484, key, keeper: { pid: 7 }, engine: { pid: 8, startTime: 't8' } }])
    expect(readdirSync(context.paths.labsDir)).toEqual([])
    expect(context.events).toMatchObject([
      { type: 'start', step: 'teardown', text: 'ending one' },
      { type: 'done', step: 'teardown', text: 'one is gone: no process, no port, no record' },
    ])
  })

  it('of a lab that never came up needs nobody to end anything', async () => {
    const context = fakeContext({ provider: fakeProvider({ destroy: () => Promise.reject(new Error('asked')) }) })
    await saveSomeLab(context.paths, 'one')
    expect(await down(wish(), context, never)).toMatchObject({ outcome: 'removed' })
  })

  it('of a lab that is not there is refused, or a success where that was asked for', async () => {
    const context = await laboratory()
    await expect(down(wish({ name: 'on' }), context, never)).rejects.toMatchObject({
      code: 'lab.unknown',
      suggestions: ['Did you mean one?', expect.anything()],
    })
    expect(await down(wish({ name: 'on', ignoreNotFound: true }), context, never)).toMatchObject({
      outcome: 'not-found',
    })
    await expect(down(wish({ name: '../one', ignoreNotFound: true }), context, never)).rejects.toMatchObject({
      code: 'usage.name',
    })
    expect(readdirSync(context.paths.labsDir)).toEqual(['one'])
  })

  it('a second time finds nothing', async () => {
    const context = await laboratory()
    await down(wish(), context, never)
    await expect(down(wish(), context, never)).rejects.toMatchObject({ code: 'lab.unknown' })
  })

  it('keeps the record and names what is left when something does not end', async () => {
    const left = [{ what: 'engine process 8', remedy: 'kill -9 8' }]
    const context = fakeContext({ provider: fakeProvider({ destroy: async () => left }) })
    await saveSomeLab(context.paths, 'one')
    await saveSomeKeeper(context.paths, 'one')
    await expect(down(wish(), context, never)).rejects.toMatchObject({
      code: 'teardown.incomplete',
      exit: 9,
      message: 'Still there of "one": engine process 8.',
      suggestions: ['Try once more: `labos down one`.', 'By hand, engine process 8: `kill -9 8`.'],
      aftermath: 'The record is kept.',
    })
    expect(readdirSync(context.paths.labsDir)).toEqual(['one'])
  })

  it('lets go of the lab when it is interrupted', async () => {
    const stop = new AbortController()
    const context = fakeContext({
      provider: fakeProvider({
        destroy: async (_, signal) => {
          stop.abort(new Error('enough'))
          signal.throwIfAborted()
          return []
        },
      }),
    })
    await saveSomeLab(context.paths, 'one')
    await saveSomeKeeper(context.paths, 'one')
    await expect(down(wish(), context, stop.signal)).rejects.toThrow('enough')
    expect(readdirSync(context.paths.labsDir)).toEqual(['one'])
  })
})

describe('down of a damaged lab', () => {
  it('is refused, and leaves it as it is', async () => {
    const context = await laboratory()
    writeFileSync(labPaths(context.paths, 'one').record, '{"version":1')
    await expect(down(wish(), context, never)).rejects.toMatchObject({ code: 'state.corrupt' })
    expect(readFileSync(labPaths(context.paths, 'one').record, 'utf8')).toBe('{"version":1')
  })

  it('with force ends what its keeper wrote down and sets the record aside', async () => {
    const ended: MachineRef[] = []
    const context = await laboratory(ended)
    writeFileSync(labPaths(context.paths, 'one').record, '{"version":1')
    const { recordSetAside = '' } = await down(wish({ force: true }), context, never)
    expect(readFileSync(recordSetAside, 'utf8')).toBe('{"version":1')
    expect(ended.length).toBe(1)
    expect(existsSync(labPaths(context.paths, 'one').dir)).toBe(false)
  })

  it('whose keeper.json is damaged is ended by its port with force, and only then', async () => {
    const taken: Record<number, { pid: number }> = { 8484: { pid: 7 } }
    const asked: string[] = []
    const ask = async ({ path }: { path: string }): Promise<unknown> => {
      asked.push(path)
      Reflect.deleteProperty(taken, 8484)
      return {}
    }
    const context = fakeContext({ ask, ports: fakePorts(taken) })
    await saveSomeLab(context.paths, 'one')
    writeFileSync(labPaths(context.paths, 'one').keeper, '{')
    await expect(down(wish(), context, never)).rejects.toMatchObject({ code: 'state.corrupt' })
    expect(await down(wish({ force: true }), context, never)).toMatchObject({ outcome: 'removed' })
    expect(asked).toEqual(['/labos/stop'])
    expect(existsSync(labPaths(context.paths, 'one').dir)).toBe(false)
  })

  it('whose keeper cannot be reached and holds its port is not called gone', async () => {
    const context = fakeContext({ ports: fakePorts({ 8484: { pid: 7 } }) })
    await saveSomeLab(context.paths, 'one')
    writeFileSync(labPaths(context.paths, 'one').keeper, '{')
    const refused = expect(whileTimePasses(context.clock, down(wish({ force: true }), context, never), 500)).rejects
    await refused.toMatchObject({
      code: 'teardown.incomplete',
      message: expect.stringContaining('port 8484') as string,
    })
    expect(existsSync(labPaths(context.paths, 'one').record)).toBe(true)
  })

  it('of which nothing can be read is not called gone either', async () => {
    const context = fakeContext()
    mkdirSync(labPaths(context.paths, 'one').dir, { recursive: true })
    for (const file of ['record', 'keeper'] as const) writeFileSync(labPaths(context.paths, 'one')[file], '{')
    await expect(down(wish({ force: true }), context, never)).rejects.toMatchObject({
      code: 'teardown.incomplete',
      suggestions: expect.arrayContaining([expect.stringContaining('labos keeper one')]) as string[],
    })
  })

  it('that a newer labos wrote is refused even with force', async () => {
    const context = await laboratory()
    writeFileSync(labPaths(context.paths, 'one').record, '{"version":99}')
    await expect(down(wish({ force: true }), context, never)).rejects.toMatchObject({ code: 'state.newer' })
    expect(existsSync(labPaths(context.paths, 'one').record)).toBe(true)
  })
})

describe('down while another command works on the lab', () => {
  const hold = (context: FakeContext, command: string): void =>
    writeFileSync(
      lockPath(context.paths, 'one'),
      JSON.stringify({ pid: 9, startTime: 't9', command, at: context.clock.now() }),
    )

  it('stops an `up` first', async () => {
    const context = { ...(await laboratory()), processes: fakeProcesses([1, 9]) }
    hold(context, 'labos up smollm2')
    expect(await whileTimePasses(context.clock, down(wish(), context, never))).toMatchObject({ outcome: 'removed' })
    expect(context.processes.sent).toEqual(['SIGTERM 9'])
    expect(context.events).toContainEqual({
      type: 'note',
      text: 'stopping `labos up smollm2` (pid 9) first',
    })
  })

  it('says that the `up` undid it where no record is left', async () => {
    const lab = await laboratory()
    const processes = {
      ...fakeProcesses([1, 9]),
      kill: async (): Promise<void> => {
        await removeLab(lab.paths, 'one')
        processes.running.delete(9)
      },
    }
    const context = { ...lab, processes }
    hold(context, 'labos up smollm2')
    const result = await whileTimePasses(context.clock, down(wish(), context, never))
    expect(result).toMatchObject({ outcome: 'undone', usd: null })
    expect(downScreen([result])).toBe('one is gone: its `labos up` was stopped, and has removed what it had made.')
  })

  it.each([
    ['labos down one', []],
    ['labos up smollm2', ['SIGTERM 9']],
  ])('waits a minute for `%s`, then says who it is', async (command, sent) => {
    const context = { ...(await laboratory()), processes: fakeProcesses([1, 9], () => false) }
    hold(context, command)
    await expect(whileTimePasses(context.clock, down(wish(), context, never))).rejects.toMatchObject({
      code: 'lab.busy',
      message: expect.stringContaining(`\`${command}\` (pid 9)`) as string,
    })
    expect(context.clock.monotonicMs()).toBeGreaterThanOrEqual(60_000)
    expect(context.processes.sent).toEqual(sent)
    expect(existsSync(labPaths(context.paths, 'one').record)).toBe(true)
  })

  it('waits on when the `up` may not be signalled', async () => {
    const lab = await laboratory()
    const processes = {
      ...fakeProcesses([1, 9]),
      kill: (): Promise<void> => {
        void lab.clock.sleep(1000).then(() => processes.running.delete(9))
        return Promise.reject(new Error('EPERM'))
      },
    }
    const context = { ...lab, processes }
    hold(context, 'labos up smollm2')
    expect(await whileTimePasses(context.clock, down(wish(), context, never))).toMatchObject({ outcome: 'removed' })
    expect(context.clock.monotonicMs()).toBeGreaterThanOrEqual(1000)
  })
})

describe('down with --purge', () => {
  it('removes the engine and weights that no other lab uses', async () => {
    const context = fakeContext()
    const [engine = '', weights = ''] = await saveLabWithFiles(context.paths, 'one', 'a.gguf')
    await saveLabWithFiles(context.paths, 'two', 'b.gguf')
    expect(await down(wish({ purge: true }), context, never)).toMatchObject({ purged: [weights] })
    expect(existsSync(engine)).toBe(true)
    expect(readdirSync(join(context.paths.cacheDir, 'models'))).toEqual(['b.gguf', 'b.gguf.checked'])
    const { purged } = await down(wish({ name: 'two', purge: true }), context, never)
    expect(purged.length).toBe(2)
    expect(readdirSync(join(context.paths.cacheDir, 'engines'))).toEqual([])
  })

  it('keeps everything while another lab’s record cannot be read: it may use it', async () => {
    const context = fakeContext()
    const files = await saveLabWithFiles(context.paths, 'one', 'a.gguf')
    mkdirSync(labPaths(context.paths, 'bad').dir, { recursive: true })
    writeFileSync(labPaths(context.paths, 'bad').record, '{')
    expect(await down(wish({ purge: true }), context, never)).toMatchObject({ outcome: 'removed', purged: [] })
    expect(files.map((file) => existsSync(file))).toEqual([true, true])
    expect(context.events).toContainEqual(expect.objectContaining({ type: 'note' }))
  })

  it('never removes what lies outside the cache', async () => {
    const context = fakeContext()
    const outside = join(context.paths.labsDir, '..', 'ollama')
    mkdirSync(outside)
    for (const engineHome of [outside, context.paths.cacheDir, join(context.paths.cacheDir, 'engines')]) {
      mkdirSync(engineHome, { recursive: true })
      await saveSomeLab(context.paths, 'one', { laboratory: { engineHome, weightsPath: 'smollm2:135m' } })
      expect(await down(wish({ purge: true }), context, never)).toMatchObject({ purged: [] })
      expect(existsSync(engineHome)).toBe(true)
    }
  })
})

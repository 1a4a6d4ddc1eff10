import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { interrupted } from '../../../src/errors/interrupted.js'
import { LabosError } from '../../../src/errors/labos-error.js'
import { up } from '../../../src/flow/up.js'
import type { ChildCommand, CommandEnd } from '../../../src/ports.js'
import { labPaths } from '../../../src/state/paths.js'
import { labNames, readKey, readLocalLab } from '../../../src/state/read.js'
import { removeLab } from '../../../src/state/store.js'
import { fakeProvider, saveSomeKeeper, saveSomeLab } from '../../fakes/context.js'
import { OWNER } from '../../fakes/rented.js'
import { type Behaviour, runWorld } from '../../fakes/run-world.js'

const never = new AbortController().signal
const unreachable = (): Promise<never> =>
  Promise.reject(new LabosError('aws.unreachable', 'AWS does not answer.', { suggestions: ['Wait.'] }))

/** A command that ends when it is told to, with what shells make of the signal. */
const obedient: Behaviour = async (told) => ({ exitCode: 130, signal: await told })
const endsWith =
  (end: CommandEnd): Behaviour =>
  async () =>
    end

describe('a command', () => {
  it('runs in a lab that is up, with what its clients read, and the lab is gone after it', async () => {
    const seen: { command?: ChildCommand; key?: string | undefined; runner?: unknown } = {}
    const { context, done, run } = runWorld(async (_, command) => {
      const record = readLocalLab(context.paths, 'one')
      Object.assign(seen, { command, key: readKey(context.paths, 'one'), runner: record?.runner })
      return { exitCode: 0 }
    })
    const { report, errors } = await run()
    expect(errors).toEqual([])
    expect(seen.command).toEqual({
      argv: ['tool', 'do', 'it'],
      env: {
        OPENAI_BASE_URL: 'http://127.0.0.1:50000/v1',
        OPENAI_API_BASE: 'http://127.0.0.1:50000/v1',
        OPENAI_API_KEY: seen.key,
        LABOS_MODEL: 'smollm2',
        LABOS_NAME: 'one',
      },
      stdout: 'stdout',
      atTerminal: false,
    })
    expect(seen.runner).toEqual({ pid: 1, startTime: 't1', owner: OWNER })
    expect(report).toMatchObject({ name: 'one', model: 'smollm2', usd: 0, command: { program: 'tool', exitCode: 0 } })
    expect([done, labNames(context.paths)]).toEqual([['begin', 'tool', 'end', 'destroy'], []])
    const told = context.events.map(({ type }) => type)
    expect(told.slice(told.indexOf('command'))).toEqual(['command', 'command-ended', 'start', 'done'])
    expect(JSON.stringify([context.events, report])).not.toContain(seen.key)
  })

  it.each([
    ['fails', { exitCode: 3 }],
    ['is killed', { exitCode: 137, signal: 'SIGKILL' as const }],
  ])('that %s is no error of ours, and the lab is gone', async (_, end) => {
    const { context, run } = runWorld(endsWith(end))
    const { report, errors } = await run()
    expect({ errors, command: report.command }).toMatchObject({ errors: [], command: end })
    expect(labNames(context.paths)).toEqual([])
  })

  it('that cannot be started after all is said, and the lab is gone', async () => {
    const { context, run } = runWorld(undefined, { startChild: () => Promise.reject(new Error('spawn E2BIG')) })
    const { errors } = await run()
    expect(errors).toMatchObject([{ code: 'usage.command', aftermath: 'one is gone again.' }])
    expect(labNames(context.paths)).toEqual([])
  })

  it('finds its lab gone that somebody else took down, and that is well', async () => {
    const { context, run } = runWorld(async () => {
      await removeLab(context.paths, 'one')
      return { exitCode: 0 }
    })
    const { report, errors } = await run()
    expect({ errors, down: report.down?.outcome }).toEqual({ errors: [], down: 'not-found' })
  })
})

describe('before anything is made', () => {
  it('a program that is not there is refused', async () => {
    const { context, run } = runWorld()
    await expect(run({ command: ['nonsuch', '--token=s3cr3t'] })).rejects.toMatchObject({
      code: 'usage.command',
      exit: 2,
      message: '"nonsuch" cannot be run. It is not on the PATH.',
      aftermath: 'Nothing was created.',
    })
    await expect(run({ command: ['./nonsuch'] })).rejects.toThrow('It is not there, or not executable.')
    expect([labNames(context.paths), context.events]).toEqual([[], []])
  })

  it('a lab of that name is refused, and stays', async () => {
    const { context, done, run } = runWorld()
    await saveSomeLab(context.paths, 'one')
    await expect(run()).rejects.toMatchObject({ code: 'lab.differs', exit: 2 })
    expect([done, labNames(context.paths)]).toEqual([[], ['one']])
  })

  it('so is one that came up meanwhile: nobody takes down what another made', async () => {
    const { context } = runWorld()
    await saveSomeLab(context.paths, 'one')
    const runner = { pid: 1, startTime: 't1', owner: OWNER }
    const request = { model: 'smollm2', name: 'one', agreed: true, lease: {}, runner }
    await expect(up(request, context, never)).rejects.toMatchObject({ code: 'lab.differs' })
  })
})

describe('an interrupt', () => {
  const stop = (): AbortController & { now(): void } => {
    const controller = new AbortController()
    return Object.assign(controller, { now: () => controller.abort(interrupted('SIGTERM')) })
  }

  it('is passed on, and the lab goes down at once, not when the command has ended', async () => {
    const interrupt = stop()
    const { context, done, run } = runWorld(async (told) => {
      interrupt.now()
      const signal = await told
      while (!done.includes('destroy')) await context.clock.sleep(100)
      return { exitCode: 1, signal }
    })
    const { errors } = await run({ received: () => 'SIGTERM', graceMs: 3_600_000 }, interrupt.signal)
    expect(done).toEqual(['begin', 'tool', 'SIGTERM', 'destroy', 'SIGKILL', 'end'])
    expect(errors).toMatchObject([
      { code: 'interrupted', message: 'Interrupted (SIGTERM).', aftermath: 'one is gone again.' },
    ])
    expect(labNames(context.paths)).toEqual([])
  })

  it('kills what does not listen, after its time', async () => {
    const interrupt = stop()
    const { done, context, run } = runWorld(async (told) => {
      interrupt.now()
      await told
      const sinceMs = context.clock.monotonicMs()
      while (!done.includes('SIGKILL')) await context.clock.sleep(100)
      return { exitCode: 137, signal: 'SIGKILL', sinceMs }
    })
    const { report } = await run({}, interrupt.signal)
    expect(report.command).toMatchObject({ exitCode: 137 })
    expect(report.command?.elapsedMs).toBeGreaterThanOrEqual(5000)
  })

  it('while the lab comes up runs no command and leaves nothing', async () => {
    const interrupt = stop()
    const { context, done, run } = runWorld(obedient)
    const launcher = {
      launch: () => {
        interrupt.now()
        return Promise.reject(interrupt.signal.reason as Error)
      },
    }
    Object.assign(context, { launcher })
    const { report, errors } = await run({}, interrupt.signal)
    expect(errors).toMatchObject([{ code: 'interrupted' }])
    expect(report.command).toBeUndefined()
    expect([done, labNames(context.paths)]).toEqual([[], []])
  })

  it('during the teardown changes nothing of how the command ended', async () => {
    const interrupt = stop()
    const { context, run } = runWorld(endsWith({ exitCode: 4 }))
    Object.assign(context, { provider: fakeProvider({ destroy: async () => (interrupt.now(), []) }) })
    const { report, errors } = await run({}, interrupt.signal)
    expect([errors, report.command?.exitCode]).toEqual([[], 4])
  })
})

describe('a lab that does not come up', () => {
  it('is removed, with the last that its engine said', async () => {
    const { context, done, run } = runWorld(undefined, { says: 'blah' })
    const { launch } = context.launcher
    const logs: typeof launch = async (name, signal) => {
      writeFileSync(labPaths(context.paths, name).engineLog, 'loading\nout of memory\n')
      return launch(name, signal)
    }
    Object.assign(context, { launcher: { launch: logs } })
    const { report, errors } = await run()
    expect(errors).toMatchObject([{ code: 'serving.canary', exit: 7, aftermath: 'one is gone again.' }])
    expect(context.events).toContainEqual({ type: 'note', step: 'engine', text: 'out of memory' })
    expect(report).toMatchObject({ usd: 0, down: { outcome: 'removed' } })
    expect([done.includes('tool'), labNames(context.paths)]).toEqual([false, []])
  })

  it('in time is given up', async () => {
    const { context, run } = runWorld()
    const launch = (_: string, signal: AbortSignal): Promise<void> => context.clock.sleep(3_600_000, signal)
    Object.assign(context, { launcher: { launch } })
    const { errors } = await run({ upWithinMs: 60_000 })
    expect(errors).toMatchObject([{ code: 'deadline.passed', exit: 124, aftermath: 'one is gone again.' }])
    expect(labNames(context.paths)).toEqual([])
  })
})

describe('a lab that cannot be taken down', () => {
  const left = [{ what: 'engine process 8', remedy: 'kill -9 8' }]

  it.each([
    [0, { exitCode: 0 }],
    [3, { exitCode: 3 }],
  ])('is exit 9, beside how the command ended (%d)', async (exitCode, end) => {
    const { context, run } = runWorld(endsWith(end))
    Object.assign(context, { provider: fakeProvider({ destroy: async () => left }) })
    const { report, errors } = await run()
    expect(errors).toMatchObject([
      {
        code: 'teardown.incomplete',
        exit: 9,
        message: 'Still there of "one": engine process 8.',
        aftermath: `The command itself ended: exit ${String(exitCode)}. The record is kept.`,
      },
    ])
    expect([report.down, report.usd]).toEqual([undefined, null])
    expect(labNames(context.paths)).toEqual(['one'])
  })

  it('is that too where it could not be asked', async () => {
    const { context, run } = runWorld(endsWith({ exitCode: 0 }))
    Object.assign(context, { provider: fakeProvider({ destroy: unreachable }) })
    const { errors } = await run()
    expect(errors).toMatchObject([
      {
        code: 'teardown.incomplete',
        message: 'one is not seen to be gone: AWS does not answer.',
        suggestions: ['Wait.', 'Then take it down: `labos down one`.'],
      },
    ])
  })

  it('is said beside why it did not come up', async () => {
    const { context, run } = runWorld(undefined, { says: 'blah' })
    Object.assign(context, { provider: fakeProvider({ destroy: async () => left }) })
    const { errors } = await run()
    expect(errors).toMatchObject([{ code: 'serving.canary' }, { code: 'teardown.incomplete' }])
  })
})

describe('while the command runs', () => {
  const warned = (events: readonly { type: string; text?: string }[]): (string | undefined)[] =>
    events.filter(({ type }) => type === 'warning').map(({ text }) => text)

  it('the end of the lease is announced, once', async () => {
    const { context, run } = runWorld(async () => {
      const { ask } = context
      const lease = { endsAt: '2026-01-01T01:00:00.000Z', endsBy: 'deadline', warn: true }
      const warns: typeof ask = async (question) => ({ ...((await ask(question)) as object), lease })
      Object.assign(context, { ask: warns })
      await context.clock.sleep(60_000)
      return { exitCode: 0 }
    })
    await run()
    expect(warned(context.events)).toEqual([
      'one ends by itself at 2026-01-01 01:00 UTC (--ttl), whether the command has ended or not',
    ])
  })

  it('a lab that has ended is too', async () => {
    const { context, run } = runWorld(async () => {
      const ended = { at: '2026-01-01T00:00:00.000Z', reason: 'deadline' as const, detail: 'its time was over' }
      await saveSomeKeeper(context.paths, 'one', { ended })
      await context.clock.sleep(60_000)
      return { exitCode: 1 }
    })
    await run()
    expect(warned(context.events)).toEqual(['one does not serve any more: its time was over'])
  })
})

import { mkdirSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { followLog, readLog, type LogWish } from '../../../src/flow/logs.js'
import type { Command, CommandResult } from '../../../src/ports.js'
import { labPaths } from '../../../src/state/paths.js'
import { fakeContext, type FakeContext, saveSomeLab } from '../../fakes/context.js'
import { saveRentedLab } from '../../fakes/rented.js'
import { served, serving } from '../../fakes/served.js'
import { fakeConnection, type FakeConnection } from '../../fakes/ssh.js'

const calm = new AbortController().signal
const wish = (more: Partial<LogWish> = {}): LogWish => ({ name: 'one', source: 'engine', ...more })

interface World {
  readonly context: FakeContext
  readonly ran: Command[]
  readonly connection: FakeConnection
}

/** A lab "one" on a machine whose commands end like this. */
async function world(result: (command: Command) => Partial<CommandResult> | Promise<never>, more = {}): Promise<World> {
  const connection = fakeConnection()
  const ran: Command[] = []
  Object.defineProperty(connection, 'run', {
    value: async (command: Command): Promise<CommandResult> => {
      ran.push(command)
      return { exitCode: 0, stdout: '', stderr: '', ...(await result(command)) }
    },
  })
  const context = fakeContext({ ssh: async () => connection })
  await saveRentedLab(context.paths, { ...served, ...more })
  writeFileSync(labPaths(context.paths, 'one').userKey, 'PRIVATE KEY')
  return { context, ran, connection }
}

describe('a log of a rented machine', () => {
  it.each([
    [{}, 'journalctl --unit labos-engine.service --output cat --no-pager --quiet --lines 200'],
    [{ tail: 5 }, 'journalctl --unit labos-engine.service --output cat --no-pager --quiet --lines 5'],
    [
      { source: 'bootstrap', sinceMs: 600_000 },
      'journalctl --unit labos-bootstrap.service --output short-iso --no-pager --quiet --since=-600s',
    ],
    [
      { source: 'lease', sinceMs: 1500, tail: 3 },
      'journalctl --unit labos-arm.service --unit labos-lease.service --unit labos-end.service --output short-iso --no-pager --quiet --since=-2s --lines 3',
    ],
    [{ source: 'system' }, 'journalctl --output short-iso --no-pager --quiet --lines 200'],
  ] as const)('%j is read from its journal, as root', async (more, line) => {
    const it = await world(() => ({ stdout: 'a\nb\n' }))
    const { source = 'engine' } = more as Partial<LogWish>
    expect(await readLog(wish(more), it.context, calm)).toEqual({ source, lines: ['a', 'b'] })
    expect(it.ran[0]?.argv.join(' ')).toBe(`sudo -n ${line}`)
    expect(it.connection.isClosed).toBe(true)
  })

  it('of a user’s own units is read as that user', async () => {
    const home = '/home/ada/.local/share/labos/one'
    const it = await world(() => ({}), { serving: { ...serving, home, scope: 'user' } })
    expect((await readLog(wish(), it.context, calm)).lines).toEqual([])
    expect(it.ran[0]?.argv.slice(0, 3)).toEqual(['journalctl', '--user-unit', 'labos-one-engine.service'])
  })

  it('that the machine does not show says what it said', async () => {
    const it = await world(() => ({ exitCode: 1, stderr: 'noise\nsudo: a password is required\n' }))
    await expect(readLog(wish(), it.context, calm)).rejects.toMatchObject({
      code: 'machine.state',
      message: 'The machine of "one" does not show its journal: sudo: a password is required.',
    })
    expect(it.connection.isClosed).toBe(true)
  })

  it('is followed until somebody says enough', async () => {
    const stop = new AbortController()
    const lines: string[] = []
    const it = await world(({ argv, onLine }) => {
      expect(argv.slice(-2)).toEqual(['200', '--follow'])
      onLine?.('first')
      stop.abort()
      return it.connection.closed.then(() => Promise.reject(new Error('the connection is closed')))
    })
    await followLog(wish(), it.context, (line) => lines.push(line), stop.signal)
    expect(lines).toEqual(['first'])
  })

  it('that ends by itself while it is followed says why', async () => {
    const it = await world(({ argv }) =>
      argv.includes('--follow') ? { exitCode: 1 } : { exitCode: 1, stderr: 'sudo: a password is required' },
    )
    await expect(followLog(wish(), it.context, () => undefined, calm)).rejects.toThrow(/a password is required/)
  })
})

describe('logs', () => {
  it.each([
    ['rented', 'setup', 'A lab on a machine has no log "setup".', 'engine, bootstrap, lease, system, keeper'],
    ['machine', 'engine', 'A machine on which nothing is to be served has no log "engine".', 'lease, system'],
    ['local', 'bootstrap', 'A lab on this computer has no log "bootstrap".', 'engine, keeper, setup'],
  ] as const)('of a %s lab are those that there are, not %s', async (kind, source, message, others) => {
    const { context } = await world(() => ({}))
    if (kind === 'local') await saveSomeLab(context.paths, 'one')
    if (kind === 'machine') await saveRentedLab(context.paths)
    await expect(readLog(wish({ source }), context, calm)).rejects.toMatchObject({
      ...{ code: 'usage.value', message, suggestions: [`It has: ${others}.`] },
    })
  })

  it('of its keeper lie here, and know no times', async () => {
    const it = await world(() => ({}))
    const path = labPaths(it.context.paths, 'one').keeperLog
    mkdirSync(labPaths(it.context.paths, 'one').dir, { recursive: true })
    writeFileSync(path, 'a\nb\n')
    expect(await readLog(wish({ source: 'keeper', tail: 1 }), it.context, calm)).toMatchObject({ path, lines: ['b'] })
    expect(it.ran).toEqual([])
    await expect(readLog(wish({ source: 'keeper', sinceMs: 1 }), it.context, calm)).rejects.toMatchObject({
      code: 'usage.flags',
    })
  })

  it('of a machine without a way to log in are an error', async () => {
    const context = fakeContext()
    await saveRentedLab(context.paths, { serving })
    await expect(readLog(wish(), context, calm)).rejects.toMatchObject({ code: 'machine.unreachable' })
  })
})

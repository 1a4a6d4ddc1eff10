/** What `labos run` makes of its words, its keys and its parent. */
import { describe, expect, it } from 'vitest'
import { commandsKeys } from '../../../src/cli/commands-keys.js'
import { splitAtDashes } from '../../../src/cli/at-dashes.js'
import { commandOf, labWish, type RunFlags } from '../../../src/cli/run-flags.js'
import { watchParent } from '../../../src/cli/watch-parent.js'
import { fakeClock } from '../../fakes/clock.js'

describe('the words of a command line', () => {
  it('are ours up to the first --, then the command’s, its own -- among them', () => {
    expect(splitAtDashes(['smollm2', '--json', '--', 'npx', '--', '--json'])).toEqual({
      words: ['smollm2', '--json'],
      command: ['npx', '--', '--json'],
    })
    expect(commandOf(['npx', '--', 'x'], ['smollm2'])).toEqual(['npx', '--', 'x'])
  })

  it.each([
    [['smollm2', '--yes', 'npm', 'test'], /^Where does the command begin\? Put `--` before it\.$/],
    [['smollm2', '--yes'], /^There is no command to run\.$/],
    [['smollm2', '--'], /^There is no command to run\.$/],
    [['smollm2', '--', ''], /^There is no command to run\.$/],
  ])('%j are refused', (argv, message) => {
    const { words, command } = splitAtDashes(argv)
    expect(() => commandOf(command, words)).toThrow(
      expect.objectContaining({ code: 'usage.command', message: expect.stringMatching(message) as unknown }) as Error,
    )
  })
})

describe('the lab that is asked for', () => {
  const flags = { yes: true, port: 0, concurrency: 1, prefer: 'cost', json: false, quiet: false, color: true }
  const wish = (more: object, words: string[] = []): ReturnType<typeof labWish> =>
    labWish('smollm2', { ...flags, ...more } as unknown as RunFlags, words)

  it('is one here that ends with its command, on a port of its own, marked with the CI run', () => {
    expect(wish({ 'run-id': '7', ttl: 60_000 })).toEqual({
      kind: 'local',
      request: { model: 'smollm2', agreed: true, port: 0, runId: '7', lease: { ttlMs: 60_000, withCommand: true } },
    })
  })

  it('ends itself where nobody says any more that the run goes on, elsewhere than here', () => {
    const rented = wish({ provider: 'aws' })
    expect(rented).toMatchObject({ kind: 'rented', request: { serving: { unheardMs: 900_000 } } })
    expect(wish({ provider: 'ssh', host: 'ada@box' })).toMatchObject({
      kind: 'host',
      request: { serving: { unheardMs: 900_000 }, ttlMs: 3_600_000 },
    })
  })

  it('refuses what is about rented machines only where it was typed', () => {
    expect(() => wish({ spot: true }, ['smollm2', '--spot'])).toThrow('--spot is about rented machines.')
    expect(wish({ spot: true }).kind).toBe('local')
  })
})

describe('the keys of the terminal', () => {
  const keys = () => {
    const time = { nowMs: 0 }
    const listened: string[] = []
    const source = {
      on: (event: string) => listened.push(`on ${event}`),
      off: (event: string) => listened.push(`off ${event}`),
    }
    const made = commandsKeys(source, () => time.nowMs)
    const pressed = (atMs: number): boolean => ((time.nowMs = atMs), made.areTheirs('SIGINT'))
    return { ...made, listened, pressed }
  }

  it('are the command’s while it runs, but for signals that no key sends', () => {
    const { begin, end, pressed, areTheirs, listened } = keys()
    expect(pressed(0)).toBe(false)
    begin()
    expect([pressed(1), areTheirs('SIGTERM'), areTheirs('SIGHUP')]).toEqual([true, false, false])
    end()
    expect(pressed(2)).toBe(false)
    expect(listened).toEqual(['on SIGQUIT', 'off SIGQUIT'])
  })

  it('are ours when Ctrl-C is pressed three times within two seconds: the command does not listen', () => {
    const { begin, pressed } = keys()
    begin()
    expect([0, 1500, 3000, 4500].map(pressed)).toEqual([true, true, true, true])
    expect([10_000, 10_500, 11_000].map(pressed)).toEqual([true, true, false])
  })
})

describe('a parent', () => {
  it('that is gone is told of, once', async () => {
    const clock = fakeClock()
    const parent = { ppid: 5 }
    let gone = 0
    const watched = watchParent(parent, clock, () => (gone += 1), new AbortController().signal)
    await clock.advance(60_000)
    expect(gone).toBe(0)
    parent.ppid = 1
    await clock.advance(1000)
    await watched
    expect([gone, clock.sleepers]).toEqual([1, 0])
  })

  it('is not looked at any more when the run is over', async () => {
    const clock = fakeClock()
    const over = new AbortController()
    const watched = watchParent({ ppid: 5 }, clock, () => expect.unreachable(), over.signal)
    over.abort()
    await watched
    expect(clock.sleepers).toBe(0)
  })
})

import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { followLog, readLog, type LogWish } from '../../../src/flow/logs.js'
import { labPaths } from '../../../src/state/paths.js'
import { fakeContext, type FakeContext } from '../../fakes/context.js'

const wish = (more: Partial<LogWish> = {}): LogWish => ({ name: 'one', source: 'engine', tail: 10, ...more })

const calm = new AbortController().signal

interface Following {
  readonly lines: readonly string[]
  readonly path: string
  /** Lets the follower read the file once more; all that it shows of it is in `lines` then. */
  look(): Promise<readonly string[]>
  end(): Promise<void>
}

function follow(context = fakeContext(), tail = 10): Following {
  const { clock, paths } = context
  const stop = new AbortController()
  const lines: string[] = []
  const following = followLog(wish({ tail }), context, (line) => lines.push(line), stop.signal)
  const asleep = (): Promise<void> => until(() => clock.sleepers > 0)
  return {
    lines,
    path: labPaths(paths, 'one').engineLog,
    look: async () => {
      await asleep()
      await clock.advance(250)
      await asleep()
      return lines
    },
    end: async () => {
      stop.abort()
      await following
    },
  }
}

/** A lab "one" whose engine has said this. */
function said(content: string): FakeContext {
  const context = fakeContext()
  const path = labPaths(context.paths, 'one').engineLog
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return context
}

describe('a log', () => {
  it.each([
    ['engine', 'engineLog'],
    ['keeper', 'keeperLog'],
    ['setup', 'setupLog'],
  ] as const)('of the %s is read from its own file', async (source, file) => {
    const context = fakeContext()
    const path = labPaths(context.paths, 'one')[file]
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, 'a\nb\n')
    expect(await readLog(wish({ source }), context, calm)).toEqual({ source, path, lines: ['a', 'b'] })
  })

  it.each([
    ['a\nb\nc\n', 2, ['b', 'c']],
    ['a\nb\nc', 2, ['b', 'c']],
    ['a\n\n', 5, ['a', '']],
    ['a\n', 0, []],
    ['', 3, []],
  ])('of content %j ends, for %d lines, with %j', async (content, tail, lines) => {
    expect((await readLog(wish({ tail }), said(content), calm)).lines).toEqual(lines)
  })

  it('that is followed before it exists is shown from its first line', async () => {
    const log = follow()
    expect(await log.look()).toEqual([])
    mkdirSync(dirname(log.path), { recursive: true })
    writeFileSync(log.path, 'first\n')
    expect(await log.look()).toEqual(['first'])
    await log.end()
  })

  it.each([
    [2, ['b', 'c']],
    [0, []],
  ])('that is followed begins with its last %d lines', async (tail, lines) => {
    const log = follow(said('a\nb\nc\n'), tail)
    expect(await log.look()).toEqual(lines)
    await log.end()
  })

  it('shows a line that is being written once, when it is whole', async () => {
    const log = follow(said('a\nhal'))
    expect(await log.look()).toEqual(['a'])
    appendFileSync(log.path, 'f\nb\n')
    expect(await log.look()).toEqual(['a', 'half', 'b'])
    await log.end()
    expect(log.lines).toEqual(['a', 'half', 'b'])
  })

  it('shows a line that never ended when the following ends', async () => {
    const log = follow(said('a\nthe last wor'))
    expect(await log.look()).toEqual(['a'])
    await log.end()
    expect(log.lines).toEqual(['a', 'the last wor'])
  })

  it('shows characters whole that were written in pieces', async () => {
    const log = follow(said(''))
    for (const byte of Buffer.from('Größe 🎉\n')) {
      expect(await log.look()).toEqual([])
      appendFileSync(log.path, Buffer.of(byte))
    }
    expect(await log.look()).toEqual(['Größe 🎉'])
    await log.end()
  })

  it('begun anew is shown from its beginning, without the line that the old one never ended', async () => {
    const log = follow(said('a\nnever ended'))
    await log.look()
    writeFileSync(log.path, 'new\n')
    expect(await log.look()).toEqual(['a', 'new'])
    await log.end()
  })

  it('that is removed is waited for', async () => {
    const log = follow(said('a\n'))
    await log.look()
    rmSync(log.path)
    await log.look()
    writeFileSync(log.path, 'new\n')
    expect(await log.look()).toEqual(['a', 'new'])
    await log.end()
  })

  it('that cannot be read ends the following with the reason', async () => {
    const context = fakeContext()
    mkdirSync(labPaths(context.paths, 'one').engineLog, { recursive: true })
    const { signal } = new AbortController()
    await expect(followLog(wish(), context, () => undefined, signal)).rejects.toMatchObject({ code: 'EISDIR' })
  })
})

/** Lets everything else run until the condition holds. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000_000 && !condition(); turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

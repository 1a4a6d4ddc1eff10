import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutAt, fitContext } from '../../../src/flow/cursor.js'
import { withDeadline } from '../../../src/flow/deadline.js'
import { followLog, readLog } from '../../../src/flow/logs.js'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { labPaths } from '../../../src/state/paths.js'
import { fakeClock } from '../../fakes/clock.js'
import { fakeContext } from '../../fakes/context.js'

describe('a place in a file', () => {
  const text = 'one\ntwo\r\nthree'
  it.each([
    [1, undefined, 'one', '\ntwo\r\nthree'],
    [2, undefined, 'one\ntwo', '\r\nthree'],
    [3, undefined, 'one\ntwo\r\nthree', ''],
    [1, 1, '', text],
    [3, 3, 'one\ntwo\r\nth', 'ree'],
    [2, 4, 'one\ntwo', '\r\nthree'],
  ])('line %d, column %s', (line, column, prefix, suffix) =>
    expect(cutAt(text, line, column)).toEqual({ prefix, suffix }),
  )

  it.each([
    [0, undefined],
    [4, undefined],
    [1, 0],
    [1, 5],
    [2, 5],
  ])('line %d, column %s is outside', (line, column) => {
    expect(() => cutAt(text, line, column)).toThrow(expect.objectContaining({ code: 'usage.value' }) as Error)
  })

  it('loses nothing wherever it is, and fits its context', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer({ min: 200, max: 5000 }), (prefix, suffix, tokens) => {
        const fitted = fitContext({ prefix, suffix }, tokens, 100)
        expect(prefix.endsWith(fitted.prefix) && suffix.startsWith(fitted.suffix)).toBe(true)
        expect(fitted.prefix.length + fitted.suffix.length).toBeLessThanOrEqual((tokens - 164) * 3)
      }),
    )
    const long = 'x'.repeat(10_000)
    expect(fitContext({ prefix: long, suffix: long }, 1164, 100)).toEqual({
      prefix: 'x'.repeat(2250),
      suffix: 'x'.repeat(750),
    })
    expect(fitContext({ prefix: '', suffix: long }, 1164, 100).suffix.length).toBe(3000)
  })
})

describe('a deadline', () => {
  const never = new AbortController().signal
  it('aborts the work with exit 124 when it passes, and not before', async () => {
    const clock = fakeClock()
    const work = withDeadline(1000, clock, never, (signal) => clock.sleep(5000, signal))
    const refused = expect(work).rejects.toMatchObject({ code: 'deadline.passed', exit: 124 })
    await clock.advance(1000)
    await refused
    await withDeadline(1000, clock, never, async () => 'in time')
    expect(clock.sleepers).toBe(0)
  })
})

describe('a log', () => {
  it('shows its last lines, then whole lines as they come, also after it was begun anew', async () => {
    const context = fakeContext()
    const { clock } = context
    const { dir, engineLog: path } = labPaths(context.paths, 'one')
    mkdirSync(dir, { recursive: true })
    const stop = new AbortController()
    const wish = { name: 'one', source: 'engine' as const, tail: 2 }
    expect((await readLog(wish, context, stop.signal)).lines).toEqual([])
    writeFileSync(path, 'a\nb\nc\n')
    expect((await readLog(wish, context, stop.signal)).lines).toEqual(['b', 'c'])
    const lines: string[] = []
    const following = followLog(wish, context, (line) => lines.push(line), stop.signal)
    /** Reading takes real time, waiting does not. */
    const shown = async (count: number): Promise<void> => {
      for (let turn = 0; turn < 500 && lines.length < count; turn += 1) await clock.advance(250)
    }
    await shown(2)
    appendFileSync(path, 'd\nhal')
    await shown(3)
    appendFileSync(path, 'f\n')
    await shown(4)
    writeFileSync(path, 'new\n')
    await shown(5)
    stop.abort()
    await following
    expect(lines).toEqual(['b', 'c', 'd', 'half', 'new'])
  })
})

import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { leaveByKeys } from '../../../../src/adapters/ssh/leave-by-keys.js'
import { takePid } from '../../../../src/adapters/ssh/take-pid.js'

/** What of typed pieces goes to the machine, and how often the way out was taken. */
async function typed(...pieces: string[]): Promise<{ sent: string; left: number }> {
  let left = 0
  const stream = Readable.from(pieces.map((piece) => Buffer.from(piece))).pipe(leaveByKeys(() => (left += 1)))
  return { sent: await text(stream), left }
}

describe('keys that leave', () => {
  it('are ~. at the beginning of a line, however they are cut', async () => {
    expect(await typed('~.')).toEqual({ sent: '', left: 1 })
    expect(await typed('ls\r', '~', '.')).toEqual({ sent: 'ls\r', left: 1 })
  })

  it('are nothing in the middle of a line', async () => {
    expect(await typed('cp a~.b\r')).toEqual({ sent: 'cp a~.b\r', left: 0 })
    expect(await typed('~/x\r')).toEqual({ sent: '~/x\r', left: 0 })
    expect(await typed('~', '~.\r')).toEqual({ sent: '~.\r', left: 0 })
  })
})

/** What of a command's stderr comes through, and the process that it told. */
async function taken(...pieces: string[]): Promise<{ shown: string; pid: string | undefined }> {
  const { stream, pid } = takePid()
  const shown = await text(Readable.from(pieces.map((piece) => Buffer.from(piece))).pipe(stream))
  return { shown, pid: pid() }
}

describe('the line that tells the process', () => {
  it('is taken out once, after what a login shell says', async () => {
    expect(await taken('welcome\nlabos-pid 42\nlabos-pid 43\nno newline')).toEqual({
      shown: 'welcome\nlabos-pid 43\nno newline',
      pid: '42',
    })
  })

  it('is found however it is cut', async () => {
    const whole = 'hello\nlabos-pid 7\nbody\n'
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length }),
        fc.integer({ min: 0, max: whole.length }),
        async (a, b) => {
          const [first, second] = [Math.min(a, b), Math.max(a, b)]
          const pieces = [whole.slice(0, first), whole.slice(first, second), whole.slice(second)].filter(
            (p) => p !== '',
          )
          expect(await taken(...pieces)).toEqual({ shown: 'hello\nbody\n', pid: '7' })
        },
      ),
    )
  })

  it('holds nothing back where it never comes', async () => {
    expect(await taken('labos-pid')).toEqual({ shown: 'labos-pid', pid: undefined })
    expect((await taken('x'.repeat(1000))).shown).toHaveLength(1000)
  })
})

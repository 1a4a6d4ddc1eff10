import { describe, expect, it } from 'vitest'
import { type Interrupt, type InterruptWish, onInterrupt } from '../../../src/cli/interrupt.js'
import type { LabosError } from '../../../src/errors/labos-error.js'

interface Bench {
  readonly interrupt: Interrupt
  readonly said: string[]
  readonly exits: number[]
  /** Signals that are listened to. */
  readonly heard: () => string[]
  send(name: NodeJS.Signals, atMs: number): void
}

/** A process whose `exit` throws, as the real one never returns. */
function bench(wish: Omit<InterruptWish, 'nowMs'> = {}): Bench {
  const listeners = new Map<string, (name: NodeJS.Signals) => void>()
  const exits: number[] = []
  const said: string[] = []
  const time = { nowMs: 0 }
  const source = {
    on: (name: string, listener: (name: NodeJS.Signals) => void) => listeners.set(name, listener),
    off: (name: string) => listeners.delete(name),
    exit: (code: number): never => {
      exits.push(code)
      throw new Error('left')
    },
    stderr: { write: (text: string) => said.push(text) },
  }
  const interrupt = onInterrupt(source, { lastWords: 'bye', ...wish, nowMs: () => time.nowMs })
  const send: Bench['send'] = (name, atMs) => {
    time.nowMs = atMs
    listeners.get(name)?.(name)
  }
  return { interrupt, said, exits, send, heard: () => [...listeners.keys()] }
}

const STOPPING = '\nCtrl-C: stopping safely; once more leaves at once.\n'

describe('a signal', () => {
  it('aborts once, and leaves at once the second time', () => {
    const { interrupt, said, exits, send, heard } = bench()
    send('SIGINT', 0)
    expect([interrupt.signal.aborted, (interrupt.signal.reason as LabosError).code]).toEqual([true, 'interrupted'])
    expect([interrupt.received(), exits]).toEqual(['SIGINT', []])
    expect(() => send('SIGINT', 1000)).toThrow('left')
    expect(exits).toEqual([130])
    expect(said).toEqual([STOPPING, 'bye\n'])
    interrupt.release()
    expect(heard()).toEqual([])
  })

  it('that npm passes on beside the terminal is the same one', () => {
    const { said, send } = bench()
    send('SIGINT', 0)
    send('SIGINT', 3)
    expect(said).toEqual([STOPPING])
  })

  it('of another kind lets the clean-up go on: a CI system has lost patience', () => {
    const { interrupt, said, send } = bench()
    send('SIGINT', 0)
    send('SIGTERM', 7500)
    expect([said, interrupt.received()]).toEqual([[STOPPING], 'SIGINT'])
    expect(() => send('SIGTERM', 9000)).toThrow('left')
  })

  it('that is for others does nothing', () => {
    const { interrupt, said, send } = bench({ isForOthers: (name) => name === 'SIGINT' })
    send('SIGINT', 0)
    send('SIGINT', 1000)
    expect([interrupt.signal.aborted, said]).toEqual([false, []])
    send('SIGHUP', 2000)
    expect(interrupt.received()).toBe('SIGHUP')
  })
})

it('what else aborts counts as the first signal', () => {
  const { interrupt, said, send } = bench()
  interrupt.abort('its parent is gone')
  send('SIGTERM', 5)
  expect(said).toEqual(['\nits parent is gone: stopping safely; once more leaves at once.\n'])
  expect((interrupt.signal.reason as LabosError).message).toBe('Interrupted (its parent is gone).')
})

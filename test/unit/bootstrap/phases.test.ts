import { describe, expect, it } from 'vitest'
import { afterLine, NO_PHASES, readPhaseLine, readPhases } from '../../../src/bootstrap/phases.js'

const line = (more: object): string => JSON.stringify({ t: 100, boot: 1, phase: 'weights', state: 'running', ...more })

describe('the phase file', () => {
  it('says of each phase the latest, with what is left to wait', () => {
    const text = [
      line({ phase: 'driver', state: 'done', text: '1 x L4' }),
      line({ t: 101, total: 1000 }),
      line({ t: 103, done: 400, total: 1000, rate: 100, stall: 0 }),
      line({ t: 104, phase: 'engine', done: 7, rate: 3, stall: 12 }),
    ].join('\n')
    expect(readPhases(text)).toEqual({
      boot: 1,
      phases: {
        driver: { state: 'done', since: 100, at: 100, text: '1 x L4' },
        weights: { state: 'running', since: 101, at: 103, done: 400, total: 1000, rate: 100, etaSeconds: 6 },
        engine: { state: 'running', since: 104, at: 104, done: 7, rate: 3, stallSeconds: 12 },
      },
    })
  })

  it('keeps the first failure of a boot, not the last', () => {
    const text = [
      line({ phase: 'driver', state: 'failed', cause: 'driver.count', text: 'planned: 2' }),
      line({ state: 'failed', cause: 'weights.download', text: 'ended' }),
    ].join('\n')
    expect(readPhases(text).failed).toEqual({ phase: 'driver', cause: 'driver.count', text: 'planned: 2' })
  })

  it('begins anew with each boot, and takes nothing that an earlier one says late', () => {
    const text = [
      line({ state: 'failed', cause: 'weights.gated' }),
      line({ boot: 2, t: 200, phase: 'engine', state: 'done' }),
      line({ boot: 1, t: 201, phase: 'weights', state: 'failed' }),
    ].join('\n')
    expect(readPhases(text)).toEqual({ boot: 2, phases: { engine: { state: 'done', since: 200, at: 200 } } })
  })

  it.each([
    '',
    '{"t":100,"boot":1,"phase":"wei',
    'null',
    '[]',
    line({ phase: 'apps' }),
    line({ state: 'tired' }),
    line({ done: -1 }),
    line({ done: 'many' }),
  ])('passes over %j', (text) => {
    expect(readPhaseLine(text)).toBeUndefined()
    expect(readPhases(`${text}\n${line({})}\n${text}`).phases.weights).toMatchObject({ state: 'running' })
  })

  it('takes what a newer labos says besides', () => {
    expect(readPhaseLine(line({ mood: 'good' }))).toMatchObject({ phase: 'weights' })
  })

  it('has no rest to wait for while nothing moves', () => {
    const known = readPhaseLine(line({ done: 1, total: 9, rate: 0, stall: 20 }))
    expect(known && afterLine(NO_PHASES, known).phases.weights).toEqual({
      state: 'running',
      since: 100,
      at: 100,
      done: 1,
      total: 9,
      rate: 0,
      stallSeconds: 20,
    })
  })
})

import { expect, it } from 'vitest'
import { finalFailure, isLost, newsOf, type TunnelLook } from '../../../src/flow/tunnel/news.js'

type Path = TunnelLook['path']
const path = (state: Path['state'], sinceS: number, more: Partial<Path> = {}): TunnelLook => ({
  path: { state, sinceMs: sinceS * 1000, ...more },
})

/** What is told of a row of looks, in order. */
const told = (...looks: TunnelLook[]): string[] => looks.flatMap((now, index) => newsOf(looks[index - 1], now))

it('tells of each loss once, and when the connection is back', () => {
  const away = path('away', 10, { reason: 'no answer in time.' })
  expect(told(path('connecting', 0), path('connected', 1), away, away, path('connected', 52))).toEqual([
    'the connection is lost: no answer in time; trying again',
    'the connection is back after 42 s',
  ])
})

it('tells that there is none yet', () => {
  expect(told(path('away', 0, { reason: 'it refuses' }), path('connecting', 1))).toEqual([
    'no connection yet: it refuses; trying again',
  ])
})

it('sees a loss that was over before it looked again', () => {
  const [first, second] = [path('connected', 1), path('connected', 5)]
  expect(told(first, second)).toEqual(['the connection was lost, and is back'])
  expect(isLost(first, second)).toBe(true)
  expect(isLost(first, first)).toBe(false)
  expect(isLost(undefined, first)).toBe(false)
})

it('tells how the engine is when that changes, not what its path does to it', () => {
  const engine = (state: string, detail?: string): TunnelLook => ({
    ...path('connected', 1),
    engine: { state, ...(detail === undefined ? {} : { detail }) },
  })
  expect(
    told(engine('starting', 'weights.'), engine('starting', 'more weights'), engine('serving'), engine('unreachable')),
  ).toEqual(['the engine is starting: weights', 'the engine is serving'])
  expect(told(engine('serving'))).toEqual([])
})

it('ends where no other try is made, with the code of that', () => {
  expect(finalFailure('one', path('failed', 1, { code: 'ssh.hostkey', reason: 'another key' }))).toMatchObject({
    code: 'ssh.hostkey',
    message: 'another key',
  })
  expect(finalFailure('one', path('failed', 1, { code: 'nonsense' }))).toMatchObject({ code: 'machine.unreachable' })
  expect(finalFailure('one', path('away', 1))).toBeUndefined()
})

import { Duplex } from 'node:stream'
import { expect, it } from 'vitest'
import { channelPool } from '../../../src/connect/channel-pool.js'

/** A stream whose other side the test plays. */
function line(): Duplex {
  return new Duplex({ read: () => undefined, write: (_piece, _encoding, done) => done() })
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function rig(size: number) {
  const dialled: Duplex[] = []
  const pool = channelPool(() => {
    const stream = line()
    dialled.push(stream)
    return stream
  }, size)
  return { pool, dialled, ready: () => dialled.forEach((stream) => stream.emit('ready')) }
}

it('gives what is open already, and opens another in its place', async () => {
  const { pool, dialled, ready } = rig(2)
  pool.fill()
  expect(dialled.length).toBe(2)
  ready()
  expect(pool.dial()).toBe(dialled[0])
  await turn()
  expect(dialled.length).toBe(3)
  expect(pool.dial()).toBe(dialled[1])
})

it('gives none that is not open yet: a machine that refuses is dialled once for each that asks', async () => {
  const { pool, dialled } = rig(2)
  pool.fill()
  expect(pool.dial().on('error', () => undefined)).toBe(dialled[2])
  for (const stream of dialled) stream.destroy(new Error('refused'))
  await turn()
  expect(dialled.length).toBeLessThanOrEqual(5)
})

it('drops what ends or says something while it waits, and opens none for it before somebody asks', async () => {
  const { pool, dialled, ready } = rig(3)
  pool.fill()
  ready()
  dialled[0]?.push(null)
  dialled[1]?.push('HTTP/1.1 408 Request Timeout\r\n\r\n')
  await turn()
  await turn()
  expect(dialled.map(({ destroyed }) => destroyed)).toEqual([true, true, false])
  expect(dialled.length).toBe(3)
  expect(pool.dial()).toBe(dialled[2])
})

it('gives none of those that a cut has just ended, before each has said so', async () => {
  const { pool, dialled, ready } = rig(2)
  pool.fill()
  ready()
  for (const stream of dialled) stream.destroy(new Error('cut'))
  expect(pool.dial()).toBe(dialled[2])
  await turn()
})

it('closes what nobody took, and keeps from opening more', async () => {
  const { pool, dialled, ready } = rig(2)
  pool.fill()
  ready()
  const taken = pool.dial()
  pool.close()
  await turn()
  expect(dialled.filter(({ destroyed }) => !destroyed)).toEqual([taken])
})

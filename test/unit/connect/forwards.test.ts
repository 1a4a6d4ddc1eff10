import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import { type Forwards, openForwards } from '../../../src/connect/forwards.js'
import type { PortPair } from '../../../src/ports.js'
import { parseForward } from '../../../src/cli/forward-spec.js'

const open: Forwards[] = []
afterEach(() => Promise.all(open.splice(0).map((each) => each.close())))

async function forwards(
  pairs: readonly PortPair[],
  deps: Partial<Parameters<typeof openForwards>[1]> = {},
): Promise<Forwards> {
  const made = await openForwards(pairs, { dial: () => new PassThrough(), onTrouble: () => undefined, ...deps })
  open.push(made)
  return made
}

const dialled = (port = 0): Socket => connect({ port, host: '127.0.0.1' })

it('leads each connection to its port, with both directions ending by themselves', async () => {
  const ports: number[] = []
  const { list } = await forwards([{ localPort: 0, remotePort: 3000 }], {
    dial: (port) => {
      ports.push(port)
      return new PassThrough() // says what it hears
    },
  })
  const socket = dialled(list[0]?.localPort)
  socket.end('hello')
  expect(await text(socket)).toBe('hello')
  expect(ports).toEqual([3000])
})

it('breaks off, never ends like a whole answer, when the other side fails; and goes on with others', async () => {
  const troubles: string[] = []
  let fails = true
  const { list, connections } = await forwards([{ localPort: 0, remotePort: 3000 }], {
    dial: () => {
      const stream = new PassThrough()
      if (fails) setImmediate(() => stream.destroy(new Error('refused there')))
      return stream
    },
    onTrouble: ({ remotePort }, { message }) => void troubles.push(`${String(remotePort)} ${message}`),
  })
  const [error] = (await once(dialled(list[0]?.localPort), 'error')) as [NodeJS.ErrnoException]
  expect(error.code).toBe('ECONNRESET')
  expect(troubles).toEqual(['3000 refused there'])
  fails = false
  const socket = dialled(list[0]?.localPort)
  socket.end('x')
  expect(await text(socket)).toBe('x')
  await expect.poll(connections).toBe(0)
})

it('opens all or none', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port } = holder.address() as AddressInfo
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port: other } = free.address() as AddressInfo
  await new Promise((resolve) => free.close(resolve))
  const wishes = [
    { localPort: other, remotePort: 1 },
    { localPort: port, remotePort: 2 },
  ]
  await expect(forwards(wishes)).rejects.toMatchObject({ code: 'port.taken' })
  await new Promise((resolve) => holder.close(resolve))
  const { list } = await forwards(wishes) // the first was given back
  expect(list).toEqual(wishes)
})

it('is written as two ports, or one for both', () => {
  expect(parseForward('8080:3000')).toEqual({ localPort: 8080, remotePort: 3000 })
  expect(parseForward('0:3000')).toEqual({ localPort: 0, remotePort: 3000 })
  expect(parseForward('3000')).toEqual({ localPort: 3000, remotePort: 3000 })
  for (const text of ['', '0', '3000:', ':1', '1:2:3', '65536', '1:0', 'a:1', '-1:1', '1.5:2'])
    expect(() => parseForward(text), text).toThrow(expect.objectContaining({ code: 'usage.value' }) as Error)
})

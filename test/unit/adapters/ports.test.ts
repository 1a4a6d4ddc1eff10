import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import { systemPorts } from '../../../src/adapters/ports.js'

const ports = systemPorts(process.platform)
const servers: Server[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close()
    await once(server, 'close')
  }
})

async function listen(host: string, port = 0): Promise<number> {
  const server = createServer((socket) => socket.destroy())
  servers.push(server)
  server.listen({ port, host })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ family }) => family === 'IPv6'),
)

describe('a port', () => {
  it('that is free has no holder, and can be listened on then', async () => {
    const port = await ports.free()
    expect(port).toBeGreaterThan(0)
    expect(await ports.holder(port)).toBeUndefined()
    expect(await listen('127.0.0.1', port)).toBe(port)
  })

  it.each(['127.0.0.1', '0.0.0.0'])('that this process listens on at %s is held by it', async (host) => {
    const port = await listen(host)
    expect(await ports.holder(port)).toMatchObject({ pid: process.pid, program: expect.stringMatching(/./) as string })
  })

  it('is held over all addresses of both kinds too', async ({ skip }) => {
    if (!hasIPv6) skip('this machine has no IPv6')
    const port = await listen('::')
    expect(await ports.holder(port)).toMatchObject({ pid: process.pid })
  })

  it('is free again when its holder is gone', async () => {
    const port = await listen('127.0.0.1')
    const [server] = servers.splice(0)
    server?.close()
    if (server) await once(server, 'close')
    expect(await ports.holder(port)).toBeUndefined()
  })

  it('is looked at without being taken', async () => {
    const port = await ports.free()
    await Promise.all([ports.holder(port), ports.holder(port)])
    expect(await listen('127.0.0.1', port)).toBe(port)
  })

  it('that is held is told even where nobody can be asked by whom', async () => {
    const port = await listen('127.0.0.1')
    const other = systemPorts(process.platform === 'win32' ? 'linux' : 'win32')
    expect(await other.holder(port)).toEqual({})
  })
})

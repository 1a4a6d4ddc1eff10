import { describe, expect, it } from 'vitest'
import { proxyFetch } from '../../../src/adapters/fetch.js'
import { serve } from '../../fakes/http-server.js'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { afterEach } from 'vitest'

const closers: (() => void)[] = []
afterEach(() => closers.splice(0).forEach((close) => close()))

/** A proxy that leads every tunnel to one origin, whatever name was asked for. */
async function proxyTo(origin: string): Promise<{ address: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer().on('connect', (request, socket) => {
    asked.push(request.url ?? '')
    const upstream = connect(Number(new URL(origin).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(socket)
      socket.pipe(upstream)
    })
    for (const end of [socket, upstream]) end.on('error', () => upstream.destroy())
    closers.push(() => void socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => void server.close())
  const address = server.address()
  return { address: `http://127.0.0.1:${String(typeof address === 'object' && address ? address.port : 0)}`, asked }
}

const hello = (): Promise<string> => serve((request, response) => response.end(`hello ${request.url ?? ''}`))

describe('proxyFetch', () => {
  it('is the plain fetch where no proxy is set', () => {
    expect(proxyFetch({ NO_PROXY: '*', https_proxy: '' })).toBe(globalThis.fetch)
  })

  it.each(['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'])('goes through the proxy of %s', async (name) => {
    const { address, asked } = await proxyTo(await hello())
    const response = await proxyFetch({ [name]: address })('http://hub.test/file')
    expect(await response.text()).toBe('hello /file')
    expect(asked).toEqual(['hub.test:80'])
  })

  it('never goes through a proxy to loopback', async () => {
    const origin = await hello()
    const { address, asked } = await proxyTo(origin)
    expect(await (await proxyFetch({ HTTP_PROXY: address })(`${origin}/near`)).text()).toBe('hello /near')
    expect(asked).toEqual([])
  })

  it('honours NO_PROXY', async () => {
    const { address, asked } = await proxyTo(await hello())
    const direct: unknown = await proxyFetch({ HTTP_PROXY: address, no_proxy: '127.0.0.2' })(
      'http://127.0.0.2:9/file',
    ).catch((error: unknown) => error)
    expect(direct).toBeInstanceOf(Error)
    expect(asked).toEqual([])
  })

  it('ends with its signal', async () => {
    const { address } = await proxyTo(await hello())
    const stopped = proxyFetch({ HTTP_PROXY: address })('http://hub.test/', {
      signal: AbortSignal.abort(new Error('stop')),
    })
    await expect(stopped).rejects.toThrow('stop')
  })
})

import { describe, expect, it } from 'vitest'
import { askHub, hubOf } from '../../../src/hub/ask-hub.js'
import { fakeContext, type FakeContext, whileTimePasses } from '../../fakes/context.js'
import { serve } from '../../fakes/http-server.js'
import { hubContext } from '../../fakes/pull.js'

const never = new AbortController().signal

/** A server that notes the tokens that reach it. */
async function noting(status: number, headers: () => Record<string, string> = () => ({})) {
  const tokens: (string | undefined)[] = []
  const address = await serve((request, response) => {
    tokens.push(request.headers.authorization)
    response.writeHead(status, headers()).end('content')
  })
  return { address, tokens }
}

const retries = ({ events }: FakeContext): number[] =>
  events.flatMap((event) => (event.type === 'retry' ? [event.delayMs] : []))

describe('hubOf', () => {
  it('is the mirror of HF_ENDPOINT, with the token of HF_TOKEN', () => {
    expect(hubOf({ HF_ENDPOINT: 'http://mirror/hf//', HF_TOKEN: 'hf_x' })).toMatchObject({
      endpoint: 'http://mirror/hf',
      headers: { authorization: 'Bearer hf_x' },
      hasToken: true,
    })
    expect(hubOf({ HF_ENDPOINT: '', HF_TOKEN: '' })).toMatchObject({
      endpoint: 'https://huggingface.co',
      hasToken: false,
    })
    expect(hubOf({}).headers).not.toHaveProperty('authorization')
  })
})

describe('askHub', () => {
  it('sends the token along within the hub, and not to where it redirects', async () => {
    const storage = await noting(200)
    const hub = await noting(302, () => ({ location: `${storage.address}/blob` }))
    const response = await askHub(`${hub.address}/x`, 'GET', hubContext(hub.address, { HF_TOKEN: 'hf_x' }), never)
    expect(await response.text()).toBe('content')
    expect([hub.tokens, storage.tokens]).toEqual([['Bearer hf_x'], [undefined]])
  })

  it('takes a redirect to elsewhere for the answer to a HEAD', async () => {
    const storage = await noting(200)
    const hub = await noting(302, () => ({ location: `${storage.address}/blob` }))
    expect((await askHub(`${hub.address}/x`, 'HEAD', hubContext(hub.address), never)).status).toBe(302)
    expect(storage.tokens).toEqual([])
  })

  it('ends a circle', async () => {
    const hub = await noting(307, () => ({ location: '/again' }))
    await expect(askHub(`${hub.address}/x`, 'GET', hubContext(hub.address), never)).rejects.toMatchObject({
      message: expect.stringContaining('it redirects without end') as string,
    })
  })

  it.each([
    ['5', [5000, 5000, 5000, 5000]],
    ['3600', [30_000, 30_000, 30_000, 30_000]],
    ['Wed, 01 Jan 2026 00:00:00 GMT', [1000, 2000]],
  ])('waits as long as a busy hub asks: %s', async (asked, delays) => {
    const hub = await noting(429, () => ({ 'retry-after': asked }))
    const context = hubContext(hub.address)
    await expect(askHub(`${hub.address}/x`, 'GET', context, never)).rejects.toMatchObject({ code: 'network.download' })
    expect(retries(context)).toEqual(delays)
  })

  it('gives up a hub that says nothing, by its clock', async () => {
    const address = await serve(() => undefined)
    const context = fakeContext({ fetch: globalThis.fetch, env: { HF_ENDPOINT: address } })
    const asked = askHub(`${address}/x`, 'GET', context, never)
    await expect(whileTimePasses(context.clock, asked, 10_000)).rejects.toMatchObject({
      code: 'network.download',
      message: expect.stringContaining('nothing moved for 60 s') as string,
    })
  })

  it('ends with its caller', async () => {
    const stop = new AbortController()
    const address = await serve(() => stop.abort(new Error('enough')))
    await expect(askHub(`${address}/x`, 'GET', hubContext(address), stop.signal)).rejects.toThrow('enough')
  })
})

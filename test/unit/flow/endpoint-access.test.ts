import { describe, expect, it } from 'vitest'
import { endpointAccess } from '../../../src/flow/endpoint-access.js'
import { ensureKey, saveKeeper } from '../../../src/state/store.js'
import { fakeContext, saveSomeLab } from '../../fakes/context.js'
import { rentedLab, saveRentedLab } from '../../fakes/rented.js'
import { plannedServing, served } from '../../fakes/served.js'

describe('access to an endpoint', () => {
  it('is the base URL, the key and the first served name of a lab on this computer', async () => {
    const { paths } = fakeContext()
    await saveSomeLab(paths, 'here')
    const key = await ensureKey(paths, 'here')
    expect(endpointAccess('here', { paths })).toMatchObject({
      baseUrl: 'http://127.0.0.1:8484/v1',
      key,
      name: 'here',
      reopen: 'labos up smollm2 --name here',
    })
  })

  it('is the same of a rented lab that serves, and its context is what it was shortened to', async () => {
    const { paths } = fakeContext()
    await saveRentedLab(paths, served)
    const key = await ensureKey(paths, 'one')
    const access = {
      name: 'one',
      baseUrl: 'http://127.0.0.1:8485/v1',
      key,
      model: 'deepseek-coder-v2',
      modelId: 'deepseek-coder-v2',
      contextTokens: 65_536,
      fim: null,
      nativeSuffix: false,
      reopen: 'labos tunnel one',
    }
    expect(endpointAccess('one', { paths })).toEqual(access)
    const kvRepair = { at: '2026', fromTokens: 65_536, toTokens: 32_768, text: 'shorter' }
    await saveKeeper(paths, 'one', { version: 1, pid: 7, startTime: 't7', port: 8485, startedAt: '2026', kvRepair })
    expect(endpointAccess('one', { paths })).toEqual({ ...access, contextTokens: 32_768 })
  })

  it('is none where a rented lab was to stop at its machine, or is not that far', async () => {
    const { paths } = fakeContext()
    await saveRentedLab(paths)
    await ensureKey(paths, 'one')
    const message = 'The lab "one" has no endpoint: `labos up` was to stop at its machine.'
    expect(() => endpointAccess('one', { paths })).toThrow(expect.objectContaining({ code: 'lab.unknown', message }))
    const { plan } = rentedLab()
    await saveRentedLab(paths, { plan: { ...plan, serving: plannedServing } })
    expect(() => endpointAccess('one', { paths })).toThrow(/has no endpoint yet/)
  })

  it('is none where the lab is not made yet', () => {
    const { paths } = fakeContext()
    expect(() => endpointAccess('none', { paths })).toThrow(/has no endpoint yet/)
  })
})

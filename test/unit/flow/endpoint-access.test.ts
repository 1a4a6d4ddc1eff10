import { describe, expect, it } from 'vitest'
import { endpointAccess } from '../../../src/flow/endpoint-access.js'
import { readLog } from '../../../src/flow/logs.js'
import { ensureKey } from '../../../src/state/store.js'
import { fakeContext, saveSomeLab } from '../../fakes/context.js'
import { saveRentedLab } from '../../fakes/rented.js'

describe('access to an endpoint', () => {
  it('is the base URL, the key and the first served name of a lab on this computer', async () => {
    const { paths } = fakeContext()
    await saveSomeLab(paths, 'here')
    const key = await ensureKey(paths, 'here')
    expect(endpointAccess('here', { paths })).toMatchObject({ baseUrl: 'http://127.0.0.1:8484/v1', key, name: 'here' })
  })

  it('is none, and there is no log, on a rented machine', async () => {
    const { paths } = fakeContext()
    await saveRentedLab(paths)
    const refused = { code: 'lab.unknown', message: 'Nothing serves on the rented machine of "one" in this version.' }
    expect(() => endpointAccess('one', { paths })).toThrow(expect.objectContaining(refused))
    await expect(readLog({ name: 'one', source: 'engine', tail: 5 }, { paths })).rejects.toMatchObject(refused)
  })

  it('is none where the lab is not made yet', () => {
    const { paths } = fakeContext()
    expect(() => endpointAccess('none', { paths })).toThrow(/has no endpoint yet/)
  })
})

/** Parts of `labos run` that need no lab that is up. */
import { describe, expect, it } from 'vitest'
import { childEnv } from '../../../src/flow/run/child-env.js'
import { giveBack } from '../../../src/flow/run/give-back.js'
import { type LabWish, nameForRun } from '../../../src/flow/run/request.js'
import { downWorld } from '../../fakes/down-world.js'
import { whileItWaits } from '../../fakes/context.js'
import { request } from '../../fakes/up-rented.js'

describe('the name of a lab for a run', () => {
  const local = (model: string): LabWish => ({ kind: 'local', request: { model, agreed: true, lease: {} } })
  const rented = (model: string): LabWish => {
    const { name: _, wish, ...more } = request()
    return { kind: 'rented', request: { ...more, wish: { ...wish, model } } }
  }

  it.each([
    [local('smollm2'), /^smollm2-[0-9a-f]{8}$/],
    [rented('deepseek-coder-v2:236b'), /^deepseek-coder-v2-236b-[0-9a-f]{8}$/],
    [rented('org/A-Model.With_a-very.long-name-that-goes_on.and-on'), /^a-model[a-z0-9._-]{1,36}-[0-9a-f]{8}$/],
  ])('begins like the model and is its own', (lab, pattern) => {
    const names = [nameForRun(lab), nameForRun(lab)]
    for (const name of names) expect(name).toMatch(pattern)
    expect(names[0]).not.toBe(names[1])
  })
})

describe('the environment of a command', () => {
  const access = { name: 'one', baseUrl: 'http://127.0.0.1:1/v1', key: 'k', model: 'm' }
  const exceptions = (env: Record<string, string>): unknown => {
    const { no_proxy, NO_PROXY } = childEnv(access, env)
    expect(no_proxy).toBe(NO_PROXY)
    return NO_PROXY
  }

  it.each([
    [{}, undefined],
    [{ NO_PROXY: 'intranet' }, undefined],
    [{ HTTPS_PROXY: '' }, undefined],
    [{ HTTP_PROXY: 'http://proxy' }, '127.0.0.1,localhost'],
    [{ all_proxy: 'socks://proxy', NO_PROXY: 'intranet' }, 'intranet,127.0.0.1,localhost'],
    [{ https_proxy: 'http://proxy', no_proxy: 'a', NO_PROXY: 'b' }, 'a,127.0.0.1,localhost'],
  ])('takes the endpoint out of what goes through a proxy (%j)', (env, expected) =>
    expect(exceptions(env)).toBe(expected),
  )
})

describe('a rented lab of a run', () => {
  it.each([
    [true, 'terminate i-1'],
    [false, 'list us-east-1'],
  ])('that was interrupted (%s) gets as its first call: %s', async (isHurried, first) => {
    const { context, cloud } = await downWorld()
    const calls: string[] = []
    const note = cloud.aws
    const aws: typeof cloud.aws = async (region) => {
      const all = await note(region)
      const { holdings } = all
      return {
        ...all,
        holdings: {
          ...holdings,
          list: (id, signal) => (calls.push(`list ${region}`), holdings.list(id, signal)),
          terminate: (id, signal) => (calls.push(`terminate ${id}`), holdings.terminate(id, signal)),
        },
      }
    }
    const world = { ...context, aws }
    const result = await whileItWaits(context.clock, giveBack('one', isHurried, world))
    expect(result).toMatchObject({ outcome: 'removed', removed: [{ kind: 'machine', id: 'i-1' }, {}, {}] })
    expect(calls[0]).toBe(first)
    expect(cloud.machines.map(({ state }) => state)).toEqual(['terminated'])
  })
})

/** The part of the crash matrix that makes and ends things; the whole of it is `npm run crash-matrix`. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cloud, startCloud } from '../cloud/cloud.js'
import { crash, type Crash, meetTrouble, type Point, pointsOf, troubles, victims } from '../crash/matrix.js'
import { pulumiCli } from '../pulumi/pulumi.js'

const MAKES = ['CreateSecurityGroup', 'AuthorizeSecurityGroupIngress', 'RunInstances']
const ENDS = ['TerminateInstances', 'DeleteSecurityGroup']

let cloud: Cloud
let env: Record<string, string>
let up: Point[]
let down: Point[]

beforeAll(async () => {
  cloud = await startCloud({ settings: { pendingMs: 100, shuttingDownMs: 100 } })
  env = { LABOS_PULUMI: await pulumiCli(), LABOS_ALLOW_CIDR: '127.0.0.1/32', LABOS_AWS_TIMEOUT: '2' }
  up = await pointsOf('up', cloud, env)
  down = await pointsOf('down', cloud, env)
})

afterAll(async () => {
  expect(await cloud.leftovers()).toEqual([])
  await cloud.close()
})

it('knows the requests of both commands', () => {
  expect(up.map(({ action }) => action)).toEqual(expect.arrayContaining(['GetCallerIdentity', ...MAKES]))
  expect(down.map(({ action }) => action)).toEqual(expect.arrayContaining(ENDS))
})

const pointOf = (points: readonly Point[], action: string): Point => {
  const found = points.find((point) => point.action === action)
  if (!found) throw new Error(`${action} is not among the requests`)
  return found
}

describe('kill -9', () => {
  // Of the request for the machine every cell; of the others those of the command and of the process that asks.
  const wishes = MAKES.flatMap((action) =>
    victims
      .filter((victim) => action === 'RunInstances' || victim !== 'engine')
      .flatMap((victim) =>
        (['before', 'after'] as const).flatMap((phase, index) => {
          const next =
            action === 'RunInstances' ? (['up', 'down'] as const) : [(['up', 'down'] as const)[index] ?? 'up']
          return next.map((then) => ({ action, victim, phase, then }))
        }),
      ),
  )
  it.each(wishes)('of $victim $phase $action, then $then: one machine or none, and nothing left', async (wish) => {
    const { action, ...rest } = wish
    const verdict = await crash({ command: 'up', point: pointOf(up, action), ...rest } satisfies Crash, cloud, env)
    expect(verdict).toEqual({ outcome: 'held', broken: [] })
  })

  it.each(ENDS.flatMap((action) => (['before', 'after'] as const).map((phase) => ({ action, phase }))))(
    'of labos down $phase $action, then down: nothing left',
    async ({ action, phase }) => {
      const wish: Crash = { command: 'down', point: pointOf(down, action), phase, victim: 'labos', then: 'down' }
      expect(await crash(wish, cloud, env)).toEqual({ outcome: 'held', broken: [] })
    },
  )
})

describe('trouble at RunInstances', () => {
  it.each(Object.keys(troubles))('%s: up all the same, with one machine', async (name) => {
    const kind = troubles[name]
    if (!kind) throw new Error(name)
    expect(await meetTrouble('up', pointOf(up, 'RunInstances'), kind, cloud, env)).toEqual({
      outcome: 'held',
      broken: [],
      exitCode: 0,
    })
  })
})

/** Requests whose tokens EC2 may know already: of a form of the same wish, or sent before a crash. */
import { describe, expect, it } from 'vitest'
import { climb, type Found, newProgress, resend } from '../../../../infra/machine/climb.js'
import { clientToken, runRequest } from '../../../../infra/machine/run-request.js'
import { Cancelled } from '../../../../infra/provider/handler.js'
import type { MachineInputs } from '../../../../infra/spec.js'
import { caught, type Climb, climbing, codesOf } from '../../../fakes/climbing.js'
import { whileTimePasses } from '../../../fakes/context.js'
import { fakeIntents, machineWish, zonesOf } from '../../../fakes/ec2-calls.js'

const NONE_FREE = 'InsufficientInstanceCapacity'

const start = (inputs: MachineInputs, deps: Climb): Promise<Found> => climb(inputs, newProgress(0), deps)
const ladder = (count: number): MachineInputs => machineWish({ rungs: zonesOf(count) })
const tokens = ({ ec2 }: Climb): string[] => ec2.sent.map(({ ClientToken }) => ClientToken)

describe('a token that EC2 knows already', () => {
  const inputs = ladder(1)
  const generation = (number: number): string => clientToken(inputs, inputs.rungs[0]!, number)

  it('with another request: the machine that it made is adopted', async () => {
    const deps = climbing()
    const made = await start({ ...inputs, userData: 'b2xk' }, deps)
    expect((await start(inputs, deps)).machine).toEqual(made.machine)
    expect(deps.ec2.machines.size).toBe(1)
  })

  it('with another request, and its machine has ended: the next generation', async () => {
    const deps = climbing()
    const { machine } = await start({ ...inputs, userData: 'b2xk' }, deps)
    deps.ec2.machines.set(machine.id, { ...machine, state: 'terminated' })
    expect((await start(inputs, deps)).machine.id).toBe('i-2')
    expect(tokens(deps)).toEqual([generation(0), generation(0), generation(1)])
  })

  it.each(['terminated', 'shutting-down'])('answers with a machine that is %s: the next generation', async (state) => {
    const deps = climbing()
    const { machine } = await start(inputs, deps)
    deps.ec2.machines.set(machine.id, { ...machine, state })
    expect((await start(inputs, deps)).machine.id).toBe('i-2')
    expect(tokens(deps).at(-1)).toBe(generation(1))
  })

  it('six times over ends the climb', async () => {
    const deps = climbing({ onRun: () => 'IdempotentInstanceTerminated' })
    expect(codesOf(await caught(start(ladder(2), deps)))).toEqual(['IdempotentInstanceTerminated'])
    expect(new Set(tokens(deps)).size).toBe(6)
  })
})

describe('a request that was sent before a crash', () => {
  const inputs = ladder(3)
  const rung = inputs.rungs[1]!
  const request = runRequest(inputs, rung, 0)
  const intent = { labId: inputs.labId, region: inputs.region, rung, request, sentAtMs: 1 }

  it('is sent again as it was', async () => {
    const deps = climbing({}, fakeIntents(intent))
    const sent = await resend({ ...inputs, userData: 'bmV3' }, deps)
    expect([sent?.machine.id, sent?.rung]).toEqual(['i-1', rung])
    expect(deps.ec2.sent).toEqual([request])
    expect(deps.intents.kept.at(-1)?.answer).toEqual({ id: 'i-1' })
  })

  it.each([
    ['was answered', { ...intent, answer: { code: NONE_FREE } }],
    ['is of another lab', { ...intent, labId: 'lab-2' }],
    ['is of another region', { ...intent, region: 'eu-west-1' }],
    ['never was', undefined],
  ])('is none when it %s', async (_, kept) => {
    const deps = climbing({}, fakeIntents(kept))
    expect(await resend(inputs, deps)).toBeUndefined()
    expect(deps.ec2.sent).toEqual([])
  })

  it('and is refused for want of machines now, or has ended, leaves the way free', async () => {
    const deps = climbing({ onRun: () => NONE_FREE }, fakeIntents(intent))
    expect(await resend(inputs, deps)).toBeUndefined()
    expect(deps.intents.kept.at(-1)?.answer).toEqual({ code: NONE_FREE })
    const ended = climbing({ born: { state: 'terminated' } }, fakeIntents(intent))
    expect(await resend(inputs, ended)).toBeUndefined()
  })

  it.each([
    ['ExpiredToken', 1],
    ['RequestLimitExceeded', 8],
    ['NoAnswer', 4],
  ])('and meets %s now stays open: no other is sent', async (code, count) => {
    const deps = climbing({ onRun: () => code }, fakeIntents(intent))
    const error = await whileTimePasses(deps.time, caught(resend(inputs, deps)), 1000)
    expect(codesOf(error)).toEqual([code])
    expect(deps.ec2.sent.length).toBe(count)
    expect(deps.intents.kept.at(-1)?.answer).toBeUndefined()
  })

  it('is not sent when it was cancelled', async () => {
    const deps = climbing({}, fakeIntents(intent))
    deps.cancel()
    expect(await caught(resend(inputs, deps))).toBeInstanceOf(Cancelled)
    expect(deps.ec2.sent).toEqual([])
  })
})

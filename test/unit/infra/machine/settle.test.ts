import { describe, expect, it } from 'vitest'
import { Ec2Refusal, type SeenMachine } from '../../../../infra/ec2-calls.js'
import { settled } from '../../../../infra/machine/settle.js'
import { fakeClock } from '../../../fakes/clock.js'
import { caught } from '../../../fakes/climbing.js'
import { whileTimePasses } from '../../../fakes/context.js'
import { fakeEc2, type FakeEc2Wish, newMachine } from '../../../fakes/ec2-calls.js'

const request = { ClientToken: 't', MinCount: 1, MaxCount: 1, InstanceType: 'g6e.xlarge' }
const { address: _address, ...born } = newMachine(request, 1)
const pending: SeenMachine = { ...born, state: 'pending' }
const running: SeenMachine = { ...pending, state: 'running', address: '192.0.2.7' }

async function settling(
  onRead: FakeEc2Wish['onRead'],
  first = pending,
  signal = new AbortController().signal,
): Promise<{ outcome: unknown; elapsedMs: number; reads: number }> {
  const time = fakeClock()
  const ec2 = fakeEc2(onRead ? { onRead } : {})
  const outcome = await whileTimePasses(time, caught(settled(first, ec2, time, signal)), 1000)
  return { outcome, elapsedMs: time.monotonicMs(), reads: ec2.log.length }
}

describe('a machine that starts', () => {
  it.each(['running', 'stopped', 'stopping', 'terminated', 'shutting-down'])(
    'is not asked about when it is %s',
    async (state) => {
      const { outcome, reads } = await settling(() => 'InternalError', { ...running, state })
      expect([outcome, reads]).toEqual([{ ...running, state }, 0])
    },
  )

  it('is waited for while EC2 does not know of it, though it answered with it', async () => {
    const { outcome } = await settling((_, index) => (index < 10 ? undefined : running))
    expect(outcome).toEqual(running)
  })

  it('is gone when EC2 does not know of it for two minutes', async () => {
    const { outcome, elapsedMs } = await settling(() => undefined)
    expect(outcome).toMatchObject({ id: pending.id, state: 'terminated' })
    expect(elapsedMs).toBeGreaterThan(120_000)
    expect(elapsedMs).toBeLessThan(130_000)
  })

  it('is waited for until it has an address', async () => {
    const late = { ...pending, state: 'running' }
    const { outcome } = await settling((_, index) => (index < 2 ? pending : index < 8 ? late : running))
    expect(outcome).toEqual(running)
  })

  it('may end', async () => {
    const ended = { ...pending, state: 'terminated', stateReason: 'Server.SpotInstanceTermination: no more' }
    expect((await settling((_, index) => (index < 2 ? pending : ended))).outcome).toEqual(ended)
  })

  it.each(['RequestLimitExceeded', 'InternalError', 'NoAnswer'])('is asked about again after %s', async (code) => {
    expect((await settling((_, index) => (index < 3 ? code : running))).outcome).toEqual(running)
  })

  it('is not waited for when EC2 refuses to say', async () => {
    const { outcome } = await settling(() => 'ExpiredToken')
    expect(outcome).toMatchObject({ name: 'Ec2Refusal', code: 'ExpiredToken' })
  })

  it('is waited for ten minutes at most', async () => {
    const { outcome, elapsedMs } = await settling(() => pending)
    expect(outcome).toEqual(new Ec2Refusal('Timeout', 'still pending after ten minutes', ''))
    expect(elapsedMs).toBeGreaterThan(600_000)
    expect(elapsedMs).toBeLessThan(610_000)
  })

  it('is not waited for when it was cancelled', async () => {
    const { outcome, reads } = await settling(() => pending, pending, AbortSignal.abort())
    expect(outcome).toMatchObject({ code: 'Cancelled' })
    expect(reads).toBe(0)
  })

  it('is looked at once more when it is cancelled meanwhile', async () => {
    const over = new AbortController()
    const seen = await settling(
      () => {
        over.abort()
        return running
      },
      pending,
      over.signal,
    )
    expect(seen.outcome).toEqual(running)
  })
})

import { describe, expect, it } from 'vitest'
import type { Aws } from '../../../../src/cloud-ports.js'
import { interrupted } from '../../../../src/errors/interrupted.js'
import { LabosError } from '../../../../src/errors/labos-error.js'
import { type FactsWish, gatherFacts, type RegionFacts } from '../../../../src/provision/aws/facts.js'
import type { LabosEvent } from '../../../../src/ui/events.js'
import { fakeClock, type FakeClock } from '../../../fakes/clock.js'
import { refused, someImage, someNetwork, willingAws } from '../../../fakes/facts.js'

const wish = (more: Partial<FactsWish> = {}): FactsWish => ({
  region: 'us-east-1',
  types: ['g6.2xlarge'],
  market: 'on-demand',
  quotaCodes: ['L-DB2E81BA'],
  ...more,
})

const gather = (
  aws: Aws,
  more: Partial<FactsWish> = {},
  clock: FakeClock = fakeClock(),
  signal = new AbortController().signal,
  events: LabosEvent[] = [],
): Promise<RegionFacts> => gatherFacts(aws, wish(more), { clock, emit: (event) => void events.push(event) }, signal)

const fatal = (code: 'aws.credentials' | 'aws.region'): LabosError =>
  new LabosError(code, 'no', { suggestions: ['Do something.'] })

describe('the facts of a region', () => {
  it('are everything that a launch depends on, in one go', async () => {
    const events: LabosEvent[] = []
    const facts = await gather(willingAws(), {}, fakeClock(), new AbortController().signal, events)
    expect(facts).toMatchObject({
      region: 'us-east-1',
      identity: { known: true, value: { accountId: '123456789012' } },
      image: { known: true, value: someImage },
      network: { known: true, value: someNetwork },
      quotas: [{ code: 'L-DB2E81BA', limitVcpus: { value: 64 }, usedVcpus: { value: 0 } }],
    })
    expect(facts.spot).toBeUndefined()
    expect(events.map(({ type }) => type)).toEqual(['start', 'done'])
  })

  it('say how many of them AWS did not give', async () => {
    const events: LabosEvent[] = []
    const refused = (): Promise<never> =>
      Promise.reject(new LabosError('aws.refused', 'not allowed', { suggestions: ['Ask.'] }))
    const aws = willingAws({ zonesOf: refused, network: refused })
    await gather(aws, {}, fakeClock(), new AbortController().signal, events)
    expect(events.at(-1)).toMatchObject({ text: 'asked AWS about us-east-1, and 2 of 4 questions have no answer' })
  })

  it('hold spot prices where spot machines are wanted', async () => {
    const { spot } = await gather(willingAws(), { market: 'spot' })
    expect(spot).toEqual({ known: true, value: new Map([['g6.2xlarge', new Map([['us-east-1b', 0.31]])]]) })
  })

  it('hold of each quota what machines of its kind use', async () => {
    const aws = willingAws({
      vcpusInUse: async () => [
        { instanceType: 'g6.xlarge', market: 'on-demand', vcpus: 4 },
        { instanceType: 'gr6.4xlarge', market: 'on-demand', vcpus: 16 },
        { instanceType: 'g5.xlarge', market: 'spot', vcpus: 4 },
        { instanceType: 'p5.48xlarge', market: 'on-demand', vcpus: 192 },
        { instanceType: 'm7i.large', market: 'on-demand', vcpus: 2 },
      ],
    })
    const { quotas } = await gather(aws, { quotaCodes: ['L-DB2E81BA', 'L-417A185B', 'L-3819A6DF'] })
    expect(quotas.map(({ usedVcpus }) => usedVcpus)).toMatchObject([{ value: 20 }, { value: 192 }, { value: 4 }])
  })

  it('ask about nothing that nobody wants to know', async () => {
    let asked = 0
    const aws = willingAws({ vcpusInUse: async () => ((asked += 1), []) })
    expect((await gather(aws, { quotaCodes: [] })).quotas).toEqual([])
    expect(asked).toBe(0)
  })

  it('hold how far the clock is off', async () => {
    const clock = fakeClock()
    const serverMs = clock.now() - 120_000
    const aws = willingAws({}, { identity: async () => ({ accountId: '1', arn: 'a', serverMs }) })
    expect((await gather(aws, {}, clock)).skewMs).toBe(120_000)
  })

  it('that there is no image, and no network, are facts', async () => {
    const aws = willingAws({
      image: () => Promise.reject(new LabosError('aws.image', 'none', { suggestions: ['Go elsewhere.'] })),
      network: async () => undefined,
    })
    expect(await gather(aws)).toMatchObject({
      image: { known: true, value: undefined },
      network: { known: true, value: undefined },
    })
  })

  it('are asked about the subnet that was named', async () => {
    const asked: (string | undefined)[] = []
    const aws = willingAws({ network: async (id) => (asked.push(id), someNetwork) })
    expect((await gather(aws, { subnetId: 'subnet-9' })).subnetId).toBe('subnet-9')
    expect(asked).toEqual(['subnet-9'])
  })
})

describe('a read', () => {
  it.each(['image', 'zonesOf', 'network', 'vcpusInUse', 'quotaVcpus', 'spotByZone'] as const)(
    'that is refused leaves the others: %s',
    async (name) => {
      const facts = await gather(willingAws({ [name]: () => Promise.reject(refused(`no ${name}`)) }), {
        market: 'spot',
      })
      const quotas = facts.quotas.flatMap(({ limitVcpus, usedVcpus }) => [limitVcpus, usedVcpus])
      const all = [facts.image, facts.zones, facts.network, facts.spot, ...quotas]
      const missing = all.filter((fact) => fact?.known === false)
      expect(missing).toMatchObject([{ why: `no ${name}` }])
      expect(facts.identity.known).toBe(true)
    },
  )

  it('that takes too long is given up, and told to stop', async () => {
    const clock = fakeClock()
    let wasStopped = false
    const aws = willingAws({
      image: (until) =>
        new Promise((_resolve, reject) => {
          until.addEventListener('abort', () => {
            wasStopped = true
            reject(new Error('stopped'))
          })
        }),
      network: () => new Promise(() => undefined), // does not even listen
    })
    const facts = gather(aws, {}, clock)
    await clock.advance(10_000)
    const late = { known: false, why: 'AWS does not answer within 10 s.' }
    expect(await facts).toMatchObject({ image: late, network: late, zones: { known: true } })
    expect(wasStopped).toBe(true)
    expect(clock.sleepers).toBe(0)
  })

  it.each(['aws.credentials', 'aws.region'] as const)('that fails with %s ends all of them', async (code) => {
    const clock = fakeClock()
    const stopped: string[] = []
    const aws = willingAws({
      zonesOf: () => Promise.reject(fatal(code)),
      image: (until) =>
        new Promise(() => until.addEventListener('abort', () => void stopped.push('image'), { once: true })),
    })
    await expect(gather(aws, {}, clock)).rejects.toMatchObject({ code })
    expect(stopped).toEqual(['image'])
    expect(clock.sleepers).toBe(0)
  })

  it('ends with Ctrl-C', async () => {
    const control = new AbortController()
    const facts = gather(willingAws({ image: () => new Promise(() => undefined) }), {}, fakeClock(), control.signal)
    control.abort(interrupted('Ctrl-C'))
    await expect(facts).rejects.toMatchObject({ code: 'interrupted' })
  })

  it('that fails by a fault of labos says so', async () => {
    await expect(gather(willingAws({ zonesOf: () => Promise.reject(new TypeError('x')) }))).rejects.toThrow(TypeError)
  })
})

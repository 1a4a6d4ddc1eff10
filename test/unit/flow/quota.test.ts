import { describe, expect, it } from 'vitest'
import { quotaScreen, requestedScreen } from '../../../src/cli/quota-screen.js'
import type { Launch } from '../../../src/cloud-ports.js'
import { listQuotas, type QuotaRequested, type QuotaWish, requestQuota } from '../../../src/flow/quota.js'
import type { Prompt } from '../../../src/ports.js'
import { noColour } from '../../../src/ui/paint.js'
import { fakeContext } from '../../fakes/context.js'
import { refused, willingAws } from '../../fakes/facts.js'

const signal = new AbortController().signal
const contextWith = (launch: Partial<Launch> = {}, prompt?: Prompt) =>
  fakeContext({ aws: async () => willingAws(launch), ...(prompt ? { prompt } : {}) })
const answering = (answer: boolean, asked: string[] = []): Prompt => ({
  confirm: async (question) => (asked.push(question), answer),
  select: () => Promise.reject(new Error('nothing to select')),
})

describe('the quotas of a region', () => {
  it('are listed with their limit, use and link', async () => {
    const limits: Readonly<Record<string, number>> = { 'L-DB2E81BA': 8, 'L-417A185B': 0 }
    const list = await listQuotas(
      'eu-west-1',
      contextWith({
        quotaVcpus: async (code) => limits[code] ?? 16,
        vcpusInUse: async () => [{ instanceType: 'g6.xlarge', market: 'on-demand', vcpus: 4 }],
      }),
      signal,
    )
    expect(list.quotas.map(({ code, limitVcpus, usedVcpus }) => [code, limitVcpus, usedVcpus])).toEqual([
      ['L-DB2E81BA', 8, 4],
      ['L-417A185B', 0, 0],
      ['L-3819A6DF', 16, 0],
      ['L-7212CCBC', 16, 0],
      ['L-C4BD4855', 16, 0],
    ])
    const text = quotaScreen(list, noColour, 'labos')
    expect(text.split('\n').filter((line) => line.length > 80 && !line.startsWith('https:'))).toEqual([])
    expect(text).toMatch(/Running On-Demand G and VT instances +L-DB2E81BA +8 +4/)
    expect(text).toContain('labos quota request --region eu-west-1 --vcpus N')
  })

  it('that could not be read are said to be unknown, once', async () => {
    const list = await listQuotas(
      'us-east-1',
      contextWith({
        quotaVcpus: (code) => (code === 'L-DB2E81BA' ? Promise.resolve(8) : Promise.reject(refused('no'))),
        vcpusInUse: () => Promise.reject(refused('not the use')),
      }),
      signal,
    )
    expect(list.unknown).toEqual(['not the use', 'no'])
    expect(list.quotas[1]).toMatchObject({ limitVcpus: null, usedVcpus: null })
    expect(quotaScreen(list, noColour, 'labos')).toMatch(/L-417A185B +\? +\?/)
  })

  it('are an error where none can be read', async () => {
    const context = contextWith({ quotaVcpus: () => Promise.reject(refused('no')) })
    await expect(listQuotas('us-east-1', context, signal)).rejects.toMatchObject({ code: 'aws.refused', message: 'no' })
  })

  it('of a region that nobody knows are not asked for', async () => {
    await expect(listQuotas('eu-west1', contextWith(), signal)).rejects.toMatchObject({ code: 'usage.value' })
  })
})

const wish = (more: Partial<QuotaWish> = {}): QuotaWish => ({
  region: 'us-east-1',
  vcpus: 96,
  market: 'on-demand',
  family: 'g',
  agreed: true,
  ...more,
})

describe('a request for more', () => {
  const asking = (asked: string[], id = 'r-1', state = 'PENDING'): Partial<Launch> => ({
    requestQuota: async (code, vcpus) => (asked.push(`${code} ${String(vcpus)}`), { id, state }),
  })

  it.each([
    [{}, 'L-DB2E81BA'],
    [{ family: 'p' }, 'L-417A185B'],
    [{ family: 'p5' }, 'L-417A185B'],
    [{ market: 'spot' }, 'L-3819A6DF'],
    [{ market: 'spot', family: 'p4' }, 'L-7212CCBC'],
    [{ market: 'spot', family: 'p5' }, 'L-C4BD4855'],
  ] as const)('with %j is for %s', async (more, code) => {
    const asked: string[] = []
    const done = await requestQuota(wish(more), contextWith(asking(asked)), signal)
    expect(asked).toEqual([`${code} 96`])
    expect(done).toMatchObject({ code, outcome: 'requested', id: 'r-1', state: 'PENDING', limitVcpus: 64 })
  })

  it('of P types on the spot market has to say which', async () => {
    await expect(requestQuota(wish({ market: 'spot', family: 'p' }), contextWith(), signal)).rejects.toMatchObject({
      code: 'usage.value',
    })
  })

  it('that was made before is no error', async () => {
    const done = await requestQuota(wish(), contextWith(asking([], '', 'ALREADY_OPEN')), signal)
    expect(done).toMatchObject({ outcome: 'open', id: null })
  })

  it.each([64, 63])('for %i, which the account has already, is not made', async (vcpus) => {
    const asked: string[] = []
    const context = contextWith(asking(asked))
    expect(await requestQuota(wish({ vcpus, agreed: false }), context, signal)).toMatchObject({ outcome: 'enough' })
    expect(asked).toEqual([])
  })

  it('is made where the limit cannot be read', async () => {
    const launch = { ...asking([]), quotaVcpus: () => Promise.reject(refused()) }
    expect(await requestQuota(wish(), contextWith(launch), signal)).toMatchObject({
      outcome: 'requested',
      limitVcpus: null,
    })
  })

  it('needs a yes', async () => {
    const questions: string[] = []
    const asked: string[] = []
    await requestQuota(wish({ agreed: false }), contextWith(asking(asked), answering(true, questions)), signal)
    expect(questions).toEqual([
      'Ask AWS for 96 vCPUs of "Running On-Demand G and VT instances" (L-DB2E81BA) in us-east-1, now 64?',
    ])
    expect(asked).toHaveLength(1)
  })

  it('is not made after a no, and not where nobody can be asked', async () => {
    const asked: string[] = []
    const no = requestQuota(wish({ agreed: false }), contextWith(asking(asked), answering(false)), signal)
    await expect(no).rejects.toMatchObject({ code: 'interrupted' })
    const nobody = requestQuota(wish({ agreed: false }), contextWith(asking(asked)), signal)
    await expect(nobody).rejects.toMatchObject({ code: 'input.needed', exit: 4 })
    expect(asked).toEqual([])
  })

  it.each([
    ['requested', 'Asked AWS for 96 vCPUs'],
    ['open', 'is open already'],
    ['enough', 'Nothing to ask for'],
  ] as const)('that ends as %s is told in 80 columns', (outcome, words) => {
    const done: QuotaRequested = {
      schemaVersion: 1,
      region: 'us-east-1',
      code: 'L-DB2E81BA',
      name: 'Running On-Demand G and VT instances',
      vcpus: 96,
      limitVcpus: 64,
      outcome,
      id: 'r',
      state: 'PENDING',
      console: 'https://console.aws.amazon.com/servicequotas/home/services/ec2/quotas/L-DB2E81BA?region=us-east-1',
    }
    const text = requestedScreen(done)
    expect(text.replaceAll('\n', ' ')).toContain(words)
    expect(text.split('\n').filter((line) => line.length > 80 && !line.startsWith('https:'))).toEqual([])
  })
})

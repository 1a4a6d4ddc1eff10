import { describe, expect, it } from 'vitest'
import { checkLines } from '../../../src/cli/facts-screen.js'
import { planSchema } from '../../../src/cli/plan-schema.js'
import { planScreen } from '../../../src/cli/plan-screen.js'
import type { Aws, OpenAws } from '../../../src/cloud-ports.js'
import { LabosError } from '../../../src/errors/labos-error.js'
import { checkAws } from '../../../src/flow/check-aws.js'
import { withoutRefused } from '../../../src/flow/plan-rent.js'
import type { RentPlan } from '../../../src/plan/rent/rent-plan.js'
import type { RentRequest } from '../../../src/plan/rent/request.js'
import { noColour } from '../../../src/ui/paint.js'
import type { LabosEvent } from '../../../src/ui/events.js'
import { fakeClock } from '../../fakes/clock.js'
import { refused, someNetwork, willingAws } from '../../fakes/facts.js'
import { rentPlan } from '../../fakes/rent.js'

async function check(
  aws: Aws | OpenAws,
  more: Partial<RentRequest> = {},
  events: LabosEvent[] = [],
): Promise<RentPlan> {
  const plan = rentPlan(undefined, more)
  const deps = {
    aws: typeof aws === 'function' ? aws : async () => aws,
    clock: fakeClock(),
    emit: (event: LabosEvent) => void events.push(event),
  }
  const asked = await checkAws(plan, deps, new AbortController().signal)
  return withoutRefused({ ...plan, ...asked, notes: [...plan.notes, ...asked.notes] })
}

const screen = ({ checks }: RentPlan): string =>
  checkLines(checks, noColour)
    .join('\n')
    .replaceAll(/\n {4,}/g, ' ')
const quotaIsShort = { quotaVcpus: async () => 4, vcpusInUse: async () => [] }

describe('a plan that AWS was asked about', () => {
  it('has one check for its region: account, image, zones, quota, network', async () => {
    const events: LabosEvent[] = []
    const plan = await check(willingAws(), {}, events)
    expect(plan.checks).toMatchObject([
      {
        region: 'us-east-1',
        enabled: true,
        accountId: '123456789012',
        image: { id: 'ami-1', ageDays: 12 },
        quotas: [
          { code: 'L-DB2E81BA', limitVcpus: 64, usedVcpus: 0, neededVcpus: 8, request: null },
          { code: 'L-417A185B', neededVcpus: 16 },
        ],
        network: { vpcId: 'vpc-1', publicZones: ['us-east-1a', 'us-east-1b'] },
        spot: [],
        refusal: null,
        unknown: [],
        warnings: [],
      },
    ])
    expect(plan.checks[0]?.rungs).toBeGreaterThan(2)
    expect(plan.checks[0]?.zones).toHaveLength(plan.offers.length)
    expect(events.map(({ type }) => type)).toEqual(['start', 'done'])
  })

  it('has its offers’ quotas, and says them', async () => {
    const plan = await check(willingAws())
    expect(plan.offers[0]?.quota).toMatchObject({ checked: true, limitVcpus: 64, usedVcpus: 0 })
    const text = planScreen(plan, noColour, { all: false, program: 'labos' }).replaceAll(/\n +/g, ' ')
    expect(text).toContain('in us-east-1: 0 of 64 in use')
    expect(text).not.toContain('not checked')
  })

  it.each([
    ['as it should be', willingAws(), {}],
    ['with a short quota', willingAws(quotaIsShort), {}],
    ['on the spot market', willingAws(), { market: 'spot' as const }],
    ['without a network', willingAws({ network: async () => undefined }), {}],
    ['with private subnets', willingAws({ network: async () => ({ ...someNetwork, publicSubnets: [] }) }), {}],
    ['of which nothing may be read', willingAws({ image: () => Promise.reject(refused()) }), {}],
    ['in two regions', willingAws(), { regions: ['us-east-1', 'us-west-2'] }],
  ])('is what the schema says, and fits 80 columns but for links: %s', async (_what, aws, more) => {
    const plan = await check(aws, more)
    expect(planSchema.safeParse(JSON.parse(JSON.stringify(plan))).error).toBeUndefined()
    const lines = planScreen(plan, noColour, { all: true, program: 'labos' }).split('\n')
    expect(lines.filter((line) => line.length > 80 && !/^ *https:\S+$/.test(line))).toEqual([])
  })

  it('says what to ask for where the quota is short', async () => {
    const plan = await check(willingAws(quotaIsShort))
    expect(screen(plan)).toContain('Ask for more: labos quota request --region us-east-1 --vcpus 8')
    expect(screen(plan)).toContain(
      'https://console.aws.amazon.com/servicequotas/home/services/ec2/quotas/L-DB2E81BA?region=us-east-1',
    )
    expect(plan.checks[0]?.dropped).not.toEqual([])
  })

  it('says that there is no network, and the two ways out', async () => {
    const plan = await check(willingAws({ network: async () => undefined }))
    expect(plan.checks[0]?.refusal?.code).toBe('aws.network')
    expect(screen(plan)).toContain('labos up --make-network makes the default one, or --subnet ID names one')
  })

  it('shows spot prices by zone, the cheapest first', async () => {
    const prices = new Map([
      ['us-east-1a', 0.41],
      ['us-east-1b', 0.29],
    ])
    const aws = willingAws({ spotByZone: async (types) => new Map(types.map((type) => [type, prices])) })
    const plan = await check(aws, { market: 'spot' })
    expect(screen(plan)).toContain('g6.2xlarge: b $0.29, a $0.41 an hour')
    expect(plan.checks[0]?.quotas.map(({ code }) => code)).toContain('L-3819A6DF')
  })

  it('says what could not be read, and why', async () => {
    const plan = await check(willingAws({ quotaVcpus: () => Promise.reject(refused('AWS refuses the quota.')) }))
    expect(plan.checks[0]?.unknown).toContainEqual({ what: 'quota L-DB2E81BA', why: 'AWS refuses the quota.' })
    expect(plan.offers[0]?.quota).toMatchObject({ checked: false, limitVcpus: null })
    expect(screen(plan)).toContain('AWS refuses the quota.')
    expect(screen(plan)).toContain('the limit is not known')
  })

  it('is only a note where there are no credentials', async () => {
    const none = new LabosError('aws.credentials', 'There are no AWS credentials.', { suggestions: ['Set `them` up.'] })
    const plan = await check(willingAws({}, { identity: () => Promise.reject(none) }))
    expect(plan.checks).toEqual([])
    expect(plan.notes.at(-1)).toBe('AWS was not asked. There are no AWS credentials. Set them up.')
    expect(plan.offers[0]?.quota.checked).toBe(false)
  })

  it('says of a region that it is not enabled, and goes on with the others', async () => {
    const off = new LabosError('aws.region', 'us-west-2 is not enabled for this account.', {
      suggestions: ['Enable it.'],
    })
    const open: OpenAws = async (region) =>
      region === 'us-west-2' ? willingAws({ zonesOf: () => Promise.reject(off) }) : willingAws()
    const plan = await check(open, { regions: ['us-west-2', 'us-east-1'] })
    expect(plan.checks.map(({ region, enabled }) => [region, enabled]).sort()).toEqual([
      ['us-east-1', true],
      ['us-west-2', false],
    ])
    expect(screen(plan)).toContain('AWS us-west-2: not enabled')
    expect(screen(plan)).toContain('Enable it.')
  })

  it('about nothing that fits is asked for the regions that were named', async () => {
    const plan = await check(willingAws(), { maxUsdPerHour: 0.01 })
    expect(plan.checks).toMatchObject([{ region: 'us-east-1', refusal: null, zones: [], quotas: [] }])
  })

  it('shows what went wrong in labos', async () => {
    await expect(check(() => Promise.reject(new TypeError('x')))).rejects.toThrow(TypeError)
  })
})

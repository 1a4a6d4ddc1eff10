import { describe, expect, it } from 'vitest'
import type { RegionFacts } from '../../../../src/provision/aws/facts.js'
import { droppedTexts, type LadderOffer, ladderIn, withinSpotPrice } from '../../../../src/provision/aws/facts-rungs.js'
import { quotaRequest, refuseLaunch, warningsOf } from '../../../../src/provision/aws/facts-verdict.js'
import { known, refused, someImage, someNetwork, someRegionFacts, unknown } from '../../../fakes/facts.js'

const offer = (instanceType: string, vcpus: number, more: Partial<LadderOffer> = {}): LadderOffer => ({
  instanceType,
  vcpus,
  region: 'us-east-1',
  market: 'on-demand',
  ...more,
})
const g6 = offer('g6.2xlarge', 8)
const g6e = offer('g6e.xlarge', 4)
const spot = { market: 'spot' as const }
const rungsOf = (offers: readonly LadderOffer[], facts: RegionFacts = someRegionFacts()): string[] =>
  ladderIn(offers, facts).rungs.map((rung) =>
    [rung.offer.instanceType, rung.zone ?? '-', rung.subnetId ?? '-'].join(' '),
  )
const droppedOf = (offers: readonly LadderOffer[], facts: RegionFacts): string[] =>
  ladderIn(offers, facts).dropped.map(({ offer: { instanceType }, why, text }) => `${instanceType} ${why}: ${text}`)
const quota = (limit: number, used: number | undefined, code = 'L-DB2E81BA') => ({
  quotas: [{ code, limitVcpus: known(limit), usedVcpus: used === undefined ? unknown() : known(used) }],
})

describe('the ladder in a region', () => {
  it('is each offer in its zones that have a public subnet', () => {
    expect(rungsOf([g6, g6e])).toEqual([
      'g6.2xlarge us-east-1a subnet-a',
      'g6.2xlarge us-east-1b subnet-b',
      'g6e.xlarge us-east-1b subnet-b',
    ])
  })

  it('has no offer of another region', () => {
    expect(rungsOf([offer('g6.2xlarge', 8, { region: 'eu-west-1' })])).toEqual([])
  })

  it('leaves out zones in which a spot machine costs more than the limit now', () => {
    const zones = new Map([
      [
        'g6.2xlarge',
        new Map([
          ['us-east-1a', 0.5],
          ['us-east-1b', 0.7],
        ]),
      ],
    ])
    const facts = someRegionFacts({ spot: known(zones) })
    const { rungs, dropped } = withinSpotPrice(ladderIn([{ ...g6, ...spot }], facts), facts, 0.6)
    expect(rungs.map(({ zone }) => zone)).toEqual(['us-east-1a'])
    expect(dropped.map(({ text }) => text)).toEqual(['spot costs $0.70/h in us-east-1b, above --max-price'])
  })

  it('says in a line what a quota leaves out', () => {
    const { dropped } = ladderIn([g6, g6e, offer('g6.48xlarge', 192)], someRegionFacts(quota(4, 2)))
    expect(droppedTexts(dropped)).toEqual(['quota L-DB2E81BA leaves 2 vCPUs: too few for g6.2xlarge and 2 more'])
  })

  it('of spot machines begins in the cheapest zone, those without a price last', () => {
    const facts = someRegionFacts({
      quotas: [],
      zones: known(new Map([['g6.2xlarge', ['us-east-1a', 'us-east-1b', 'us-east-1c']]])),
      network: known({
        ...someNetwork,
        publicSubnets: ['a', 'b', 'c'].map((zone) => ({ id: `s-${zone}`, zone: `us-east-1${zone}` })),
      }),
      spot: known(
        new Map([
          [
            'g6.2xlarge',
            new Map([
              ['us-east-1c', 0.2],
              ['us-east-1b', 0.3],
            ]),
          ],
        ]),
      ),
    })
    expect(rungsOf([offer('g6.2xlarge', 8, spot)], facts)).toEqual([
      'g6.2xlarge us-east-1c s-c',
      'g6.2xlarge us-east-1b s-b',
      'g6.2xlarge us-east-1a s-a',
    ])
  })

  it('goes on without what could not be read', () => {
    expect(rungsOf([g6], someRegionFacts({ zones: unknown() }))).toHaveLength(2)
    expect(rungsOf([g6], someRegionFacts({ network: unknown() }))).toEqual([
      'g6.2xlarge us-east-1a -',
      'g6.2xlarge us-east-1b -',
    ])
    expect(rungsOf([g6], someRegionFacts({ network: unknown(), zones: unknown() }))).toEqual(['g6.2xlarge - -'])
    expect(rungsOf([g6], someRegionFacts({ network: unknown(), subnetId: 'subnet-9' }))).toEqual([
      'g6.2xlarge - subnet-9',
    ])
    expect(
      rungsOf([g6], someRegionFacts({ quotas: [{ code: 'L-DB2E81BA', limitVcpus: unknown(), usedVcpus: known(0) }] })),
    ).toHaveLength(2)
    expect(rungsOf([offer('g6.2xlarge', 8, spot)], someRegionFacts({ spot: unknown() }))).toHaveLength(2)
    expect(rungsOf([offer('p6-b200.48xlarge', 192, spot)], someRegionFacts({ zones: unknown() }))).toHaveLength(2)
  })

  it.each([
    [quota(0, 0), 'quota L-DB2E81BA: 8 vCPU needed, the limit is 0'],
    [quota(8, 4), 'quota L-DB2E81BA: 8 vCPU needed, the limit is 8, 4 in use'],
    [quota(4, undefined), 'quota L-DB2E81BA: 8 vCPU needed, the limit is 4'],
    [quota(4, 64), 'quota L-DB2E81BA: 8 vCPU needed, the limit is 4, 64 in use'],
  ])('drops what the quota does not allow: %j', (more, text) => {
    const facts = someRegionFacts(more)
    expect(droppedOf([g6], facts)).toEqual([`g6.2xlarge quota: ${text}`])
    expect(rungsOf([g6], facts)).toEqual([])
  })

  it('keeps what the quota just allows', () => {
    expect(rungsOf([g6, g6e], someRegionFacts(quota(12, 4)))).toHaveLength(3)
    expect(rungsOf([g6, g6e], someRegionFacts(quota(8, 4)))).toEqual(['g6e.xlarge us-east-1b subnet-b'])
  })

  it.each<[Partial<RegionFacts>, string]>([
    [{ zones: known(new Map()) }, 'zone: not offered in any zone of us-east-1'],
    [{ network: known(undefined) }, 'network: no default network in us-east-1'],
    [{ network: known(undefined), subnetId: 'subnet-9' }, 'network: no subnet subnet-9 in us-east-1'],
    [{ network: known({ ...someNetwork, publicSubnets: [] }) }, 'network: no public subnet in vpc-1'],
    [
      { network: known({ ...someNetwork, publicSubnets: [] }), subnetId: 'subnet-9' },
      'network: subnet-9 has no way out to the internet',
    ],
    [
      { network: known({ ...someNetwork, publicSubnets: [{ id: 's', zone: 'us-east-1f' }] }) },
      'network: no public subnet in us-east-1a, us-east-1b',
    ],
  ])('drops what has no place: %j', (more, text) => {
    expect(droppedOf([g6], someRegionFacts(more))).toEqual([`g6.2xlarge ${text}`])
  })
})

describe('a launch', () => {
  const refusal = (more: Partial<RegionFacts>, offers: readonly LadderOffer[] = [g6]) => {
    const facts = someRegionFacts(more)
    return refuseLaunch(facts, ladderIn(offers, facts))
  }

  it('can be tried where a rung is left', () => {
    expect(refusal(quota(4, 0), [g6, g6e])).toBeUndefined()
  })

  it('that a quota forbids says which, and how to ask for more', () => {
    expect(refusal(quota(4, 2))).toEqual({
      code: 'quota.vcpu',
      message:
        'A g6.2xlarge needs 8 vCPUs of "Running On-Demand G and VT instances" (L-DB2E81BA) in us-east-1; the account may have 4, of which 2 are in use.',
      suggestions: [
        'Ask for more: `labos quota request --region us-east-1 --vcpus 10`.',
        'Or in the AWS console: https://console.aws.amazon.com/servicequotas/home/services/ec2/quotas/L-DB2E81BA?region=us-east-1',
        'Or with `--spot`, or in another `--region`: they have quotas of their own.',
      ],
    })
  })

  it('without a network says the two ways out', () => {
    expect(refusal({ network: known(undefined) })).toMatchObject({
      code: 'aws.network',
      suggestions: [
        expect.stringContaining('--make-network') as string,
        expect.stringContaining('--subnet ID') as string,
      ],
    })
  })

  it.each<[string, Partial<RegionFacts>, readonly LadderOffer[]]>([
    ['aws.image', { image: known(undefined) }, [g6]],
    ['aws.refused', { image: unknown(refused('AWS refuses ec2:DescribeImages.')) }, [g6]],
    ['capacity.none', { zones: known(new Map()) }, [g6]],
    ['capacity.none', {}, []],
  ])('is refused with %s', (code, more, offers) => {
    expect(refusal(more, offers)?.code).toBe(code)
  })

  it.each([
    ['cn-north-1', 'L-417A185B', 'on-demand', 'labos quota request --region cn-north-1 --vcpus 8 --family p'],
    ['us-east-1', 'L-C4BD4855', 'spot', 'labos quota request --region us-east-1 --vcpus 8 --spot --family p5'],
    ['us-east-1', 'L-3819A6DF', 'spot', 'labos quota request --region us-east-1 --vcpus 8 --spot'],
  ] as const)('in %s that lacks %s (%s) asks with: %s', (region, code, market, command) => {
    expect(quotaRequest(region, code, market, 8)).toBe(command)
  })
})

describe('a warning', () => {
  const nowMs = Date.parse('2026-05-01T00:00:00Z')
  const at = (createdAt: string) => ({ image: known({ ...someImage, createdAt }) })

  it.each<[Partial<RegionFacts>, RegExp]>([
    [at('2025-12-31T00:00:00Z'), /121 days old/],
    [{ ...at('2026-04-30T00:00:00Z'), skewMs: 6 * 60_000 }, /clock is 6 min ahead of AWS's/],
    [{ ...at('2026-04-30T00:00:00Z'), skewMs: -120_000 }, /clock is 2 min behind AWS's/],
  ])('is given for %j', (more, text) => {
    expect(warningsOf(someRegionFacts(more), nowMs)).toEqual([expect.stringMatching(text) as string])
  })

  it('is not given for what is as it should be, or not known', () => {
    expect(warningsOf(someRegionFacts({ ...at('2026-01-02T00:00:00Z'), skewMs: 60_000 }), nowMs)).toEqual([])
    expect(warningsOf(someRegionFacts({ image: unknown() }), nowMs)).toEqual([])
    expect(warningsOf(someRegionFacts({ image: known(undefined) }), nowMs)).toEqual([])
  })
})

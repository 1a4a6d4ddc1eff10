import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pricesScreen, refreshedScreen } from '../../../src/cli/prices-screen.js'
import { LabosError } from '../../../src/errors/labos-error.js'
import { listPrices } from '../../../src/flow/list-prices.js'
import { planRental } from '../../../src/flow/plan-rent.js'
import { refreshPrices } from '../../../src/flow/refresh-prices.js'
import { shippedTable } from '../../../src/plan/aws/type-table.js'
import type { Ec2, Pricing, ReportedType } from '../../../src/cloud-ports.js'
import { readTypeTable, typeTablePath } from '../../../src/state/type-table.js'
import { noColour } from '../../../src/ui/paint.js'
import { fakeClock } from '../../fakes/clock.js'
import { fakeOpenAws } from '../../fakes/aws.js'
import { fakeContext, type FakeContext } from '../../fakes/context.js'

const signal = new AbortController().signal
const l4: ReportedType = {
  instanceType: 'g6.2xlarge',
  gpuName: 'L4',
  gpuCount: 1,
  gpuMemoryMiB: 22_888,
  vcpus: 8,
  memoryGiB: 32,
  nvmeGB: 450,
  networkGbps: 5,
  architecture: 'x86_64',
}

function contextWith(ec2: Partial<Ec2> = {}, pricing: Partial<Pricing> = {}): FakeContext {
  const context = fakeContext({
    aws: fakeOpenAws({
      ec2: {
        gpuTypes: async () => [l4, { ...l4, instanceType: 'g9.large', gpuName: 'L9' }],
        zones: async () =>
          new Map([
            ['g6.2xlarge', 3],
            ['g9.large', 1],
          ]),
        spotPrices: async () => new Map([['g6.2xlarge', 0.3]]),
        regions: async () => [
          { name: 'eu-west-2', isEnabled: true },
          { name: 'me-south-1', isEnabled: false },
          { name: 'us-east-1', isEnabled: true },
        ],
        ...ec2,
      },
      pricing: {
        onDemand: async () =>
          new Map([
            ['g6.2xlarge', 0.5],
            ['m5.large', 0.1],
          ]),
        ...pricing,
      },
    }),
  })
  return { ...context, clock: fakeClock(Date.UTC(2026, 10, 24)) }
}

const refused = (): Promise<never> =>
  Promise.reject(new LabosError('aws.refused', 'AWS refuses pricing:GetProducts.', { suggestions: ['x'] }))

const nothingButErrors = (error: LabosError): FakeContext => {
  const fail = (): Promise<never> => Promise.reject(error)
  return contextWith({ gpuTypes: fail, zones: fail, spotPrices: fail }, { onDemand: fail })
}

const refresh = (context: FakeContext, regions = ['us-east-1'], all = false) =>
  refreshPrices({ regions, all }, context, signal)

describe('a refresh of prices', () => {
  it('keeps what AWS said, and the next plan uses it', async () => {
    const context = contextWith()
    const result = await refresh(context)
    expect(result).toMatchObject({
      newTypes: ['g9.large'],
      regions: [{ region: 'us-east-1', types: 2, onDemandPrices: 1, spotPrices: 1, failures: [] }],
      changes: [
        { instanceType: 'g6.2xlarge', market: 'on-demand', usdBefore: 0.9776, usdNow: 0.5 },
        { instanceType: 'g6.2xlarge', market: 'spot', usdBefore: 0.432, usdNow: 0.3 },
      ],
    })
    const wish = {
      model: 'deepseek-coder-v2',
      concurrency: 1,
      regions: ['us-east-1'],
      market: 'on-demand',
      prefer: 'cost',
      check: false,
    } as const
    const plan = await planRental(wish, context, signal)
    expect(plan.offers[0]).toMatchObject({ instanceType: 'g6.2xlarge', usdPerHour: 0.5 })
    expect(plan.pricesAsOf).toBe(new Date(context.clock.now()).toISOString().slice(0, 10))
  })

  it('takes every region of the account when asked for all', async () => {
    const { regions } = await refresh(contextWith(), ['us-east-1'], true)
    expect(regions.map(({ region }) => region)).toEqual(['eu-west-2', 'us-east-1'])
  })

  it('says what one permission hides, and keeps the rest', async () => {
    const context = contextWith({}, { onDemand: refused })
    const result = await refresh(context)
    expect(result.regions[0]).toMatchObject({
      onDemandPrices: null,
      spotPrices: 1,
      failures: ['AWS refuses pricing:GetProducts.'],
    })
    const { table } = await readTypeTable(context.paths.cacheDir)
    expect(table.types.find(({ instanceType }) => instanceType === 'g6.2xlarge')?.usdPerHour['us-east-1']).toEqual({
      onDemand: 0.9776,
      spot: 0.3,
    })
    expect(refreshedScreen(result, noColour)).toContain('not read')
  })

  it.each(['aws.credentials', 'aws.unreachable'] as const)('with %s fails and keeps what was cached', async (code) => {
    const context = contextWith()
    await refresh(context)
    const before = readFileSync(typeTablePath(context.paths.cacheDir), 'utf8')
    const failing = nothingButErrors(new LabosError(code, 'no', { suggestions: ['x'] }))
    await expect(refresh({ ...failing, paths: context.paths })).rejects.toMatchObject({ code })
    expect(readFileSync(typeTablePath(context.paths.cacheDir), 'utf8')).toBe(before)
  })

  it('keeps the date of what it could not read', async () => {
    const context = contextWith({ spotPrices: refused })
    await refresh(context)
    const { table } = await readTypeTable(context.paths.cacheDir)
    expect(table.prices['us-east-1']).toEqual({
      asOf: '2026-11-24',
      source: 'AWS',
      spot: shippedTable.prices['us-east-1'],
    })
    const list = await listPrices({ region: 'us-east-1', gpus: ['L4'] }, context)
    expect(list).toMatchObject({ pricesAsOf: '2026-11-24', spotAsOf: '2026-02-01', factsAsOf: '2026-11-24' })
    expect(pricesScreen(list, noColour, 0, 'labos')).toContain('Spot prices are of 2026-02-01 and change by')
  })

  it('whose types are hidden asks for the prices of those it knows', async () => {
    const asked: string[][] = []
    const context = contextWith({
      gpuTypes: refused,
      spotPrices: async (types) => {
        asked.push([...types])
        return new Map([['g6.2xlarge', 0.3]])
      },
    })
    const result = await refresh(context)
    expect(result.regions).toMatchObject([{ types: null, onDemandPrices: 1, spotPrices: 1 }])
    expect(asked[0]).toContain('g6.2xlarge')
    expect(asked[0]).not.toContain('g9.large')
  })

  it('of many regions loses nothing when one fails', async () => {
    const good = contextWith()
    const bad = nothingButErrors(new LabosError('aws.unreachable', 'no', { suggestions: ['x'] }))
    const context = { ...good, aws: (region: string) => (region === 'eu-west-2' ? bad.aws(region) : good.aws(region)) }
    const { regions } = await refresh(context, ['eu-west-2', 'us-east-1'])
    expect(regions).toMatchObject([
      { region: 'eu-west-2', types: null, onDemandPrices: null, spotPrices: null, failures: ['no', 'no', 'no', 'no'] },
      { region: 'us-east-1', types: 2, failures: [] },
    ])
    const { table } = await readTypeTable(good.paths.cacheDir)
    expect(table.prices).not.toHaveProperty('eu-west-2')
  })

  it.each([
    ['eu-west-9', 'usage.value', '--region eu-west-9: AWS has no region of that name.', 'Did you mean eu-west-2?'],
    ['eu-west2', 'usage.value', '--region eu-west2: AWS has no region of that name.', /^Did you mean .*eu-west-2/],
    ['a.example/#', 'usage.value', '--region a.example/#: AWS has no region of that name.', /^There are /],
    ['me-south-1', 'aws.refused', 'me-south-1 is not enabled for this account.', /^Enable it: /],
  ])('of %s ends in %s', async (region, code, message, advice) => {
    const first = typeof advice === 'string' ? advice : (expect.stringMatching(advice) as string)
    const error = await refresh(contextWith(), [region]).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code, message })
    expect((error as LabosError).suggestions[0]).toEqual(first)
  })

  it('asks a region that every account has which regions there are', async () => {
    const asked: string[] = []
    const good = contextWith()
    const aws = (region: string) => {
      asked.push(region)
      return good.aws(region)
    }
    await refresh({ ...good, aws }, ['eu-west-2'])
    expect(asked).toEqual(['us-east-1', 'eu-west-2'])
    await refresh({ ...good, aws }, ['cn-north-1']).catch(() => undefined)
    expect(asked.slice(2)).toEqual(['cn-north-1'])
  })

  it('takes regions as they are named where it may not ask which there are', async () => {
    const context = contextWith({ regions: refused })
    expect((await refresh(context, ['us-east-1', 'us-east-1'])).regions).toHaveLength(1)
    expect(context.events).toContainEqual(expect.objectContaining({ type: 'note' }))
    await expect(refresh(context, [], true)).rejects.toMatchObject({ code: 'aws.refused' })
  })

  it('fits 80 columns', async () => {
    const text = refreshedScreen(await refresh(contextWith(), ['us-east-1'], true), noColour)
    const lines = text.split('\n').filter((line) => !line.startsWith('Kept in '))
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    expect(text).toContain('g6.2xlarge on-demand in us-east-1: $0.98 -> $0.50')
  })
})

describe('the cached table', () => {
  it.each([
    ['nothing at all', ''],
    ['half a file', '{"version": 1, "fac'],
    ['another shape', '{"version": 1, "types": 3}'],
    ['a newer version', JSON.stringify({ ...shippedTable, version: 2 })],
  ])('with %s is said to be unusable, and the shipped one is used', async (_what, text) => {
    const { paths } = fakeContext()
    mkdirSync(dirname(typeTablePath(paths.cacheDir)), { recursive: true })
    writeFileSync(typeTablePath(paths.cacheDir), text)
    const { table, warning } = await readTypeTable(paths.cacheDir)
    expect(table).toBe(shippedTable)
    expect(warning).toMatch(/types\.json (?:is damaged|was written by a newer labos): .*`labos prices refresh`/)
  })

  it('that is not there is no trouble', async () => {
    expect(await readTypeTable(fakeContext().paths.cacheDir)).toEqual({ table: shippedTable })
  })
})

describe('the list of prices', () => {
  it('has what a region offers, cheapest first, in 80 columns', async () => {
    const list = await listPrices({ region: 'us-east-1', gpus: [] }, fakeContext())
    const known = list.types.flatMap(({ onDemandUsdPerHour: usd }) => usd ?? [])
    expect(known).toEqual([...known].sort((a, b) => a - b))
    const text = pricesScreen(list, noColour, 10, 'labos')
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect(text).not.toContain('days old')
  })

  it('names the region that its prices are of, and their age', async () => {
    const list = await listPrices({ region: 'eu-west-2', gpus: ['l4'] }, fakeContext())
    expect(new Set(list.types.map(({ gpu }) => gpu))).toEqual(new Set(['L4']))
    const text = pricesScreen(list, noColour, 300, 'labos').replaceAll('\n', ' ')
    expect(text).toContain(
      'eu-west-2 has no prices yet: shown is the us-east-1 list price, of 2026-02-01, 300 days old',
    )
  })

  it.each([
    [{ region: 'eu-west9', gpus: [] }, /--region eu-west9/],
    [{ region: 'us-east-1', gpus: ['L5'] }, /--gpu L5/],
  ])('for %j says that there is no such', async (wish, message) => {
    await expect(listPrices(wish, fakeContext())).rejects.toMatchObject({
      code: 'usage.value',
      message: expect.stringMatching(message) as string,
    })
  })
})

import { describe, expect, it } from 'vitest'
import { combine } from '../../../src/plan/aws/combine.js'
import { mergeRegion, type RegionAnswers } from '../../../src/plan/aws/merge.js'
import { factsOf } from '../../../src/plan/aws/reported.js'
import { type InstanceType, shippedTable, type TypeTable } from '../../../src/plan/aws/type-table.js'
import { gpus } from '../../../src/plan/gpus.js'
import type { ReportedType } from '../../../src/cloud-ports.js'

const reported = (more: Partial<ReportedType> = {}): ReportedType => ({
  instanceType: 'g6.2xlarge',
  gpuName: 'L4',
  gpuCount: 1,
  gpuMemoryMiB: 22_888,
  vcpus: 8,
  memoryGiB: 32,
  nvmeGB: 450,
  architecture: 'x86_64',
  ...more,
})

const typeIn = (table: TypeTable, name: string): InstanceType | undefined =>
  table.types.find(({ instanceType }) => instanceType === name)

const answers = (more: Partial<RegionAnswers> = {}): RegionAnswers => ({
  region: 'eu-west-2',
  types: [reported()],
  ...more,
})

describe('a GPU as EC2 names it', () => {
  it.each([
    ['T4', 16_384, 'T4'],
    ['A10G', 22_888, 'A10G'],
    ['A100', 40_960, 'A100-40GB'],
    ['A100', 81_920, 'A100-80GB'],
    ['V100', 16_384, 'V100-16GB'],
    ['V100', 32_768, 'V100-32GB'],
    ['RTX PRO Server 6000', 98_304, 'RTX-PRO-6000'],
    ['RTX PRO 4500', 32_768, 'RTX-PRO-4500'],
    ['H200', 144_384, 'H200'],
    ['B300', 275_040, 'B300'],
    ['X9000', 100_000, 'X9000'],
  ])('%s with %d MiB is %s', (gpuName, gpuMemoryMiB, name) => {
    expect(factsOf(reported({ gpuName, gpuMemoryMiB })).gpu).toBe(name)
  })
})

describe('the shipped table', () => {
  it('has the 57 types, each with a GPU that labos knows, and regions of each type', () => {
    expect(shippedTable.types).toHaveLength(57)
    const known = new Set(gpus.map(({ name }) => name))
    expect(shippedTable.types.filter(({ gpu }) => !known.has(gpu)).map(({ instanceType }) => instanceType)).toEqual([])
    expect(new Set(shippedTable.types.map(({ instanceType }) => instanceType)).size).toBe(57)
  })
})

describe('what a region answered', () => {
  it('takes the place of what was known of that region, and of nothing else', () => {
    const table = mergeRegion(
      shippedTable,
      answers({
        zones: new Map([['g6.2xlarge', 3]]),
        onDemand: new Map([['g6.2xlarge', 1.5]]),
        spot: new Map([['g6.2xlarge', 0.5]]),
      }),
      '2026-11-24',
    )
    const before = typeIn(shippedTable, 'g6.2xlarge')!
    expect(typeIn(table, 'g6.2xlarge')).toMatchObject({
      zones: { ...before.zones, 'eu-west-2': 3 },
      usdPerHour: { ...before.usdPerHour, 'eu-west-2': { onDemand: 1.5, spot: 0.5 } },
    })
    expect(typeIn(table, 'g6.xlarge')?.zones).not.toHaveProperty('eu-west-2')
    expect(typeIn(table, 'g6.xlarge')?.usdPerHour).toEqual(typeIn(shippedTable, 'g6.xlarge')?.usdPerHour)
    expect(table.prices).toEqual({ ...shippedTable.prices, 'eu-west-2': { asOf: '2026-11-24', source: 'AWS' } })
    expect(table.types).toHaveLength(57)
  })

  it('adds types that were not known', () => {
    const table = mergeRegion(
      shippedTable,
      answers({ types: [reported({ instanceType: 'g9.xlarge', gpuName: 'L9' })], zones: new Map([['g9.xlarge', 2]]) }),
      '2026-11-24',
    )
    expect(typeIn(table, 'g9.xlarge')).toMatchObject({ gpu: 'L9', zones: { 'eu-west-2': 2 }, usdPerHour: {} })
  })

  it('keeps what a part that could not be read had before, with its date', () => {
    const table = mergeRegion(shippedTable, answers({ region: 'us-east-1', zones: new Map() }), '2026-11-24')
    expect(typeIn(table, 'g6.2xlarge')?.usdPerHour['us-east-1']).toEqual({ onDemand: 0.9776, spot: 0.432 })
    expect(table.prices['us-east-1']?.asOf).toBe('2026-02-01')
  })
})

describe('a cached table and a shipped one', () => {
  const cached = (asOf: string): TypeTable =>
    mergeRegion(shippedTable, answers({ region: 'us-east-1', onDemand: new Map([['g6.2xlarge', 2]]) }), asOf)

  it('are combined from what is newer of each', () => {
    expect(typeIn(combine(shippedTable, cached('2026-11-24')), 'g6.2xlarge')?.usdPerHour['us-east-1']).toMatchObject({
      onDemand: 2,
    })
    const old = combine(shippedTable, cached('2026-01-01'))
    expect(typeIn(old, 'g6.2xlarge')?.usdPerHour['us-east-1']).toMatchObject({ onDemand: 0.9776 })
    expect(old.facts).toEqual(shippedTable.facts)
  })

  it('keep the zones of a region that nobody read since, whatever else was', () => {
    const later = (asOf: string): TypeTable => ({ ...shippedTable, facts: { asOf, source: 'shipped with labos' } })
    const read = mergeRegion(shippedTable, answers({ zones: new Map([['g6.2xlarge', 1]]) }), '2026-11-24')
    const newer = combine(later('2026-12-01'), read)
    expect(typeIn(newer, 'g6.2xlarge')?.zones).toEqual(typeIn(shippedTable, 'g6.2xlarge')?.zones)
    expect(newer.zones).toBeUndefined()
    const older = combine(later('2026-10-01'), read)
    expect(typeIn(older, 'g6.2xlarge')?.zones).toMatchObject({ 'eu-west-2': 1, 'us-east-1': 5 })
    expect(older.zones).toEqual({ 'eu-west-2': { asOf: '2026-11-24', source: 'AWS' } })
    expect(older.facts.asOf).toBe('2026-10-01')
  })

  it('have list prices of the one and spot prices of the other where those are newer', () => {
    const spot = new Map([['g6.2xlarge', 0.2]])
    const read = mergeRegion(shippedTable, answers({ region: 'us-east-1', spot }), '2026-11-24')
    const dated = { asOf: '2026-11-20', source: 'list price shipped with labos' }
    const shipped: TypeTable = { ...shippedTable, prices: { 'us-east-1': dated } }
    const table = combine(shipped, read)
    expect(table.prices['us-east-1']).toEqual({ ...dated, spot: { asOf: '2026-11-24', source: 'AWS' } })
    expect(typeIn(table, 'g6.2xlarge')?.usdPerHour['us-east-1']).toEqual({ onDemand: 0.9776, spot: 0.2 })
    expect(typeIn(table, 'g6.xlarge')?.usdPerHour['us-east-1']?.spot).toBeUndefined()
  })

  it('hold types that only one of them knows', () => {
    const read = mergeRegion(shippedTable, answers({ types: [reported({ instanceType: 'g9.xlarge' })] }), '2026-11-24')
    const newer: TypeTable = { ...shippedTable, facts: { asOf: '2027-01-01', source: 'shipped with labos' } }
    expect(combine(newer, read).types.map(({ instanceType }) => instanceType)).toContain('g9.xlarge')
    expect(combine(newer, { ...read, types: [] }).types).toHaveLength(57)
  })

  it('that are the same stay the same', () => {
    expect(combine(shippedTable, shippedTable)).toEqual(shippedTable)
  })
})

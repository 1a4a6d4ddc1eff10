import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lasting, nextRung, worthTelling } from '../../../../infra/machine/ladder.js'
import type { Attempt, Rung } from '../../../../infra/spec.js'
import { someRung } from '../../../fakes/ec2-calls.js'

const small = { instanceType: 'g6.xlarge' }
const a = someRung({ zone: 'a' })
const b = someRung({ zone: 'b' })
const spot = someRung({ zone: 'a', market: 'spot' })
const other = someRung({ zone: 'a', ...small })
const ladder = [a, b, spot, other]

const IN_THIS_ZONE = ['InsufficientInstanceCapacity', 'Unsupported', 'InsufficientFreeAddressesInSubnet']
const LATER = [...IN_THIS_ZONE, 'SpotMaxPriceTooLow', 'SpotInstanceTermination']
const OF_THE_TYPE = [
  'VcpuLimitExceeded',
  'MaxSpotInstanceCountExceeded',
  'InstanceLimitExceeded',
  'UnauthorizedOperation',
]
const FATAL = [
  'InvalidParameterValue',
  'ExpiredToken',
  'AuthFailure',
  'OptInRequired',
  'PendingVerification',
  'InvalidParameterCombination',
  'InternalError',
  'RequestLimitExceeded',
  'NoAnswer',
  'VPCIdNotSpecified',
  'IdempotentInstanceTerminated',
  'SomethingNew',
]

describe('the next rung', () => {
  it('is the first one to begin with', () => {
    expect(nextRung(ladder, [])).toEqual({ rung: a })
    expect(nextRung([], [])).toEqual({ isOver: true, isCapacity: false })
  })

  it.each(LATER)('after %s is the next of all', (code) => {
    expect(nextRung(ladder, [{ rung: a, code }])).toEqual({ rung: b })
  })

  it.each(OF_THE_TYPE)('after %s is of another type or market', (code) => {
    expect(nextRung(ladder, [{ rung: a, code }])).toEqual({ rung: spot })
    expect(nextRung([a, b, other], [{ rung: a, code }])).toEqual({ rung: other })
    expect(nextRung([a, b], [{ rung: a, code }])).toEqual({ isOver: true, isCapacity: false })
  })

  it.each(FATAL)('after %s is none', (code) => {
    const attempt = { rung: a, code }
    expect(nextRung(ladder, [attempt])).toEqual({ isOver: true, fatal: attempt })
  })

  it('is none when all were refused; whether it is worth to wait is told', () => {
    const quota = { rung: a, code: 'VcpuLimitExceeded' }
    const capacity = { rung: spot, code: 'InsufficientInstanceCapacity' }
    expect(nextRung([a, b, spot], [quota, capacity])).toEqual({ isOver: true, isCapacity: true })
    expect(lasting([quota, capacity])).toEqual([quota])
    expect(nextRung([a, b, spot], lasting([quota, capacity]))).toEqual({ rung: spot })
  })

  it('tells of a refusal that can be done something about, before lack of capacity', () => {
    const quota = { rung: a, code: 'VcpuLimitExceeded' }
    const capacity = { rung: spot, code: 'InsufficientInstanceCapacity' }
    expect(worthTelling([capacity, quota, capacity])).toBe(quota)
    expect(worthTelling([{ ...capacity, code: 'Unsupported' }, capacity])).toBe(capacity)
    expect(worthTelling([])).toBeUndefined()
  })

  it('tells subnets of one zone apart', () => {
    const [one, two] = [someRung({ subnetId: 'subnet-1' }), someRung({ subnetId: 'subnet-2' })]
    expect(nextRung([one, two], [{ rung: one, code: 'InsufficientFreeAddressesInSubnet' }])).toEqual({ rung: two })
  })
})

const rung: fc.Arbitrary<Rung> = fc
  .record({
    instanceType: fc.constantFrom('g6.xlarge', 'g6e.xlarge', 'p5.4xlarge'),
    market: fc.constantFrom('on-demand' as const, 'spot' as const),
    zone: fc.constantFrom('a', 'b', 'c', 'd'),
  })
  .map((more) => someRung(more))
const code = fc.constantFrom(...LATER, ...OF_THE_TYPE, ...FATAL)
const keyOf = ({ instanceType, market, zone = '' }: Rung): string => `${instanceType} ${market} ${zone}`
const kindOf = ({ instanceType, market }: Rung): string => `${instanceType} ${market}`

describe('a sweep', () => {
  it('ends, tries no rung twice, and leaves out exactly what a refusal excludes', () => {
    fc.assert(
      fc.property(
        fc.array(rung, { maxLength: 30 }),
        fc.array(code, { minLength: 30, maxLength: 30 }),
        (rungs, codes) => {
          const tried: Attempt[] = []
          for (let next = nextRung(rungs, tried); 'rung' in next; next = nextRung(rungs, tried)) {
            tried.push({ rung: next.rung, code: codes[tried.length] ?? '' })
            if (tried.length > rungs.length) throw new Error('a sweep without an end')
          }
          const keys = tried.map((attempt) => keyOf(attempt.rung))
          expect(new Set(keys).size).toBe(keys.length)
          const closed = tried
            .filter((attempt) => OF_THE_TYPE.includes(attempt.code))
            .map((attempt) => kindOf(attempt.rung))
          const isFatal = FATAL.includes(tried.at(-1)?.code ?? '')
          const open = rungs.filter((each) => !keys.includes(keyOf(each)) && !closed.includes(kindOf(each)))
          expect(isFatal || open.length === 0).toBe(true)
          closed.forEach((kind) => {
            const at = tried.findIndex(({ rung: of, code: said }) => kindOf(of) === kind && OF_THE_TYPE.includes(said))
            expect(tried.slice(at + 1).some((attempt) => kindOf(attempt.rung) === kind)).toBe(false)
          })
        },
      ),
    )
  })
})

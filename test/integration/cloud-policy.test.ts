/** How the test cloud reads a policy. */
import { describe, expect, it } from 'vitest'
import { type Policy, type Question, type Statement, verdict } from '../cloud/policy.js'

const policy = (...Statement: Statement[]): Policy => ({ Version: '2012-10-17', Statement })
const allow = (more: Partial<Statement> = {}): Statement => ({
  Effect: 'Allow',
  Action: 'ec2:*',
  Resource: '*',
  ...more,
})
const ask = (more: Partial<Omit<Question, 'context'>> & { context?: Record<string, string[]> } = {}): Question => ({
  action: 'ec2:StopInstances',
  resource: 'arn:aws:ec2:us-east-1:123456789012:instance/i-1',
  ...more,
  context: new Map(Object.entries(more.context ?? {})),
})

describe('a policy', () => {
  it('is silent on what it does not name', () => {
    expect(verdict(policy(), ask())).toBe('silent')
    expect(verdict(policy(allow({ Action: ['ec2:Describe*', 'ssm:*'] })), ask())).toBe('silent')
    expect(verdict(policy(allow({ Resource: 'arn:aws:ec2:*:*:volume/*' })), ask())).toBe('silent')
  })

  it('allows what it names, whatever the case of the action', () => {
    expect(verdict(policy(allow({ Action: 'EC2:stop*' })), ask())).toBe('allowed')
    expect(verdict(policy(allow({ Resource: 'arn:aws:ec2:us-east-?:*:instance/*' })), ask())).toBe('allowed')
    expect(verdict({ Version: '2012-10-17', Statement: allow() }, ask())).toBe('allowed')
  })

  it('denies before it allows', () => {
    expect(verdict(policy(allow(), allow({ Effect: 'Deny', Action: 'ec2:Stop*' })), ask())).toBe('denied')
  })

  it('names by what it leaves out', () => {
    const { Action: _action, ...rest } = allow()
    expect(verdict(policy({ ...rest, NotAction: 'ec2:Stop*' }), ask())).toBe('silent')
    expect(verdict(policy({ ...rest, NotAction: 'ec2:Start*' }), ask())).toBe('allowed')
  })
})

describe('a condition', () => {
  const key = 'aws:ResourceTag/labos:lab'
  it.each([
    ['StringEquals', 'a1', ['a1'], true],
    ['StringEquals', 'a1', ['a2'], false],
    ['StringEquals', 'a1', undefined, false],
    ['StringEqualsIfExists', 'a1', undefined, true],
    ['StringLike', 'a*', ['a1'], true],
    ['StringNotEquals', 'a1', ['a2'], true],
    ['StringNotEquals', 'a1', undefined, true],
    ['StringNotLike', 'a*', ['a1'], false],
    ['Null', 'true', undefined, true],
    ['Null', 'false', undefined, false],
    ['Null', 'false', ['a1'], true],
    ['Bool', 'true', ['True'], true],
    ['NumericLessThanEquals', '500', ['500'], true],
    ['NumericLessThanEquals', '500', ['501'], false],
    ['ForAllValues:StringLike', 'a*', ['a1', 'a2'], true],
    ['ForAllValues:StringLike', 'a*', ['a1', 'b1'], false],
    ['ForAllValues:StringLike', 'a*', undefined, true],
    ['ForAnyValue:StringLike', 'a*', ['a1', 'b1'], true],
    ['ForAnyValue:StringLike', 'a*', undefined, false],
  ])('%s %s of %s: %s', (operator, wanted, actual, isMet) => {
    const Condition = { [operator]: { [key.toUpperCase()]: wanted } }
    const question = ask(actual ? { context: { [key]: actual } } : {})
    expect(verdict(policy(allow({ Condition })), question)).toBe(isMet ? 'allowed' : 'silent')
  })

  it('that the cloud does not know is an error, not a guess', () => {
    const Condition = { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }
    expect(() => verdict(policy(allow({ Condition })), ask())).toThrow('IpAddress')
  })
})

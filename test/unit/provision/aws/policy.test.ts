import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { leastPolicy, partitions } from '../../../../src/provision/aws/policy.js'

const ROOT = resolve(import.meta.dirname, '../../../..')
const { Statement } = leastPolicy('aws')
const allowed = new Set(Statement.flatMap(({ Action }) => Action))

/** Commands of the SDK by the file that holds them, as permissions. */
function permissionsIn(folder: string): string[] {
  const prefix: Readonly<Record<string, string>> = { 'service-quotas': 'servicequotas' }
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const text = readFileSync(join(ROOT, folder, file), 'utf8')
      return [...text.matchAll(/(?:export|import) \{([^}]*)\}\s*from '@aws-sdk\/client-([\w-]+)'/g)].flatMap(
        ([, names = '', service = '']) =>
          [...names.matchAll(/\b(\w+)Command\b/g)].map(([, name = '']) => `${prefix[service] ?? service}:${name}`),
      )
    })
}

/** What makes machines speaks to EC2 alone. */
const madeIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [...readFileSync(join(ROOT, folder, file), 'utf8').matchAll(/new (\w+)Command\(/g)])
    .map(([, name = '']) => `ec2:${name}`)

describe('the least policy', () => {
  it('allows every request that labos makes', () => {
    const needed = [...permissionsIn('src/adapters'), ...madeIn('infra')]
    expect(needed.length).toBeGreaterThan(10)
    const free = new Set(['sts:GetCallerIdentity']) // needs no permission
    expect(needed.filter((permission) => !allowed.has(permission) && !free.has(permission))).toEqual([])
  })

  it('lets everything that makes, changes or removes go by the tag, or by a narrower rule', () => {
    const harmless = /^(?:ec2:Describe|pricing:Get|ssm:Get|sts:Decode|servicequotas:)/
    const open = Statement.filter(
      ({ Action, Condition }) => !Condition && Action.some((action) => !harmless.test(action)),
    )
    // What a launch uses and does not change, and the default network, which takes no conditions.
    expect(open.map(({ Sid }) => Sid)).toEqual(['RunFromImageInSubnet', 'MakeGroupInNetwork', 'MakeDefaultNetwork'])
    expect(allowed.has('*')).toBe(false)
    expect([...allowed].filter((action) => action.includes('*'))).toEqual([])
  })

  it('makes machines that ask their metadata by token only', () => {
    const run = Statement.filter(({ Action }) => Action.includes('ec2:RunInstances'))
    const instance = run.filter(({ Resource }) => Resource.includes('arn:aws:ec2:*:*:instance/*'))
    expect(instance).toHaveLength(1)
    expect(instance[0]?.Condition).toEqual({
      StringLike: { 'aws:RequestTag/labos:lab': '*' },
      StringEquals: { 'ec2:MetadataHttpTokens': 'required' },
    })
  })

  it.each(partitions)('of %s is small enough for AWS, and has one name a statement', (partition) => {
    const policy = leastPolicy(partition)
    expect(JSON.stringify(policy).length).toBeLessThan(6144)
    expect(new Set(policy.Statement.map(({ Sid }) => Sid)).size).toBe(policy.Statement.length)
    const arns = policy.Statement.flatMap(({ Resource }) => Resource).filter((resource) => resource !== '*')
    expect(arns.filter((arn) => !arn.startsWith(`arn:${partition}:`))).toEqual([])
  })

  it('is explained, statement by statement', () => {
    const docs = readFileSync(join(ROOT, 'docs/aws.md'), 'utf8')
    expect(Statement.filter(({ Sid }) => !docs.includes(`\`${Sid}\``)).map(({ Sid }) => Sid)).toEqual([])
  })
})

/** `labos iam-policy` is enough for everything, and nothing in it is too much: enforced by the cloud, action by action. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { awsOpener } from '../../src/adapters/aws/open-aws.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import { gatherFacts } from '../../src/provision/aws/facts.js'
import { ladderIn } from '../../src/provision/aws/facts-rungs.js'
import { refuseLaunch } from '../../src/provision/aws/facts-verdict.js'
import { leastPolicy, type Policy } from '../../src/provision/aws/policy.js'
import type { Subject } from '../crash/subject.js'
import { asked, down, TYPE, up } from './asked.js'
import { rig } from './rig.js'

const aws = rig()
const whole = leastPolicy('aws')
let allowed: Readonly<Record<string, string>>

beforeAll(async () => {
  const printed = await aws.labos().run('iam-policy')
  expect(JSON.parse(printed.stdout)).toEqual(whole)
  allowed = await aws.cloud.enforce(printed.stdout)
})

/** The policy without these actions; of one that several statements allow, only that of the statement named. */
const without = (actions: readonly string[], sid?: string): Policy => ({
  ...whole,
  Statement: whole.Statement.flatMap((statement) => {
    const isMeant = sid === undefined || statement.Sid === sid
    const Action = statement.Action.filter((action) => !isMeant || !actions.includes(action))
    return Action.length > 0 ? [{ ...statement, Action }] : []
  }),
})

async function expectZero(subject: Subject, ...args: string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await subject.run(...args)
  expect(exitCode, `${args.join(' ')}: ${stdout}${stderr}`).toBe(0)
}

describe('the policy of labos', () => {
  it('is enough for all that is done with a lab', async () => {
    const subject = aws.labos(allowed)
    const { lab } = subject
    expect(await up(subject)).toMatchObject({ exitCode: 0 })
    await expectZero(subject, 'status', lab, '--refresh')
    await expectZero(subject, 'stop', lab)
    await expectZero(subject, 'start', lab)
    await expectZero(subject, 'extend', '1h', '--name', lab)
    await expectZero(subject, 'quota')
    await expectZero(subject, 'ps', '--all-regions')
    await expectZero(subject, 'down', lab)
    const refused = aws.cloud.journal.filter(({ code = '' }) => /Unauthorized|AccessDenied/.test(code))
    expect(refused.map(({ action }) => action)).toEqual([])
  })

  it('is enough for spot machines, networks of its own, and what is left over', async () => {
    aws.set({ defaultNetwork: false })
    const subject = aws.labos(allowed)
    expect(await up(subject, '--spot', '--region', 'eu-west-2', '--make-network')).toMatchObject({ exitCode: 0 })
    rmSync(join(subject.home, 'labs', subject.lab), { recursive: true })
    await expectZero(subject, 'gc', '--region', 'eu-west-2', '--yes')
  })

  it('names what it says no to, so that a refusal can be mended', async () => {
    for (const action of ['RunInstances', 'CreateTags', 'CreateSecurityGroup', 'AuthorizeSecurityGroupIngress']) {
      const limited = await aws.cloud.enforce(without([`ec2:${action}`]))
      const { error } = await up(aws.labos(limited))
      expect(error).toMatchObject({ code: 'aws.refused', exit: 5 })
      expect(error?.message).toContain(`ec2:${action}`)
      expect(error?.suggestions[0]).toContain('`labos iam-policy`')
      expect(error?.aftermath).toMatch(/^What was made is removed again/)
      expect(await aws.cloud.leftovers()).toEqual([])
    }
  })

  it.each(['DescribeInstances', 'DescribeSecurityGroups', 'DescribeImages'])(
    'has no more reads than are needed: not without %s',
    async (action) => {
      const subject = aws.labos(await aws.cloud.enforce(without([`ec2:${action}`])))
      const { error } = await up(subject)
      expect(error).toMatchObject({ code: 'aws.refused', exit: 5 })
      expect(error?.message).toContain(`ec2:${action}`)
      await expectZero(aws.labos({}, subject.home), 'down', subject.lab, '--ignore-not-found')
    },
  )

  it('is needed by what is done with a machine that is there', async () => {
    const subject = aws.labos(allowed)
    const { lab, home } = subject
    await up(subject)
    const expectRefusal = async (actions: string[], exit: number, args: string[], sid?: string): Promise<void> => {
      const limited = aws.labos(await aws.cloud.enforce(without(actions, sid)), home)
      const { error } = await asked(limited, ...args)
      expect(error, args.join(' ')).toMatchObject({ exit })
      for (const action of actions) expect(error?.message).toContain(action)
    }
    await expectRefusal(['ec2:CreateTags'], 5, ['extend', '1h', '--name', lab], 'TagOwn')
    await expectRefusal(['ec2:StopInstances'], 5, ['stop', lab])
    await expectZero(subject, 'stop', lab)
    await expectRefusal(['ec2:StartInstances'], 5, ['start', lab])
    await expectRefusal(['ec2:TerminateInstances'], 9, ['down', lab])
    await expectRefusal(['ec2:DeleteSecurityGroup'], 9, ['down', lab])
    await down(subject)
  })
})

/** What labos can do without, at the price of knowing less beforehand. */
const OPTIONAL = [
  'ec2:DescribeInstanceTypeOfferings',
  'ec2:DescribeRouteTables',
  'ec2:DescribeSpotPriceHistory',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcs',
  'servicequotas:GetServiceQuota',
  'ssm:GetParameter',
]

describe('a read that labos can do without', () => {
  it.each(OPTIONAL)('may be denied, and there is a machine to be asked for all the same: %s', async (action) => {
    for (const [name, value] of Object.entries(await aws.cloud.enforce(without([action])))) vi.stubEnv(name, value)
    const port = await awsOpener({ fetch: globalThis.fetch })('us-east-1')
    const wish = { region: 'us-east-1', types: [TYPE], market: 'spot', quotaCodes: ['L-3819A6DF'] } as const
    const deps = { clock: systemClock, emit: () => undefined }
    const facts = await gatherFacts(port, wish, deps, AbortSignal.timeout(30_000))
    const ladder = ladderIn([{ instanceType: TYPE, region: 'us-east-1', market: 'spot', vcpus: 8 }], facts)
    vi.unstubAllEnvs()
    expect(ladder.rungs.length).toBeGreaterThan(0)
    expect(refuseLaunch(facts, ladder)).toBeUndefined()
    expect(aws.cloud.journal.some(({ code = '' }) => /Unauthorized|AccessDenied/.test(code))).toBe(true)
  })

  it('may be denied with all the others, and a machine comes of it', async () => {
    const subject = aws.labos(await aws.cloud.enforce(without(OPTIONAL)))
    expect(await up(subject)).toMatchObject({ exitCode: 0 })
    await down(subject)
  })
})

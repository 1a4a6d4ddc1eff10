/** What EC2 may answer, one of each kind, through the real command line: code, exit, words, number of launches, nothing left. */
import { describe, expect, it } from 'vitest'
import { type Asked, asked, down, TYPE, up } from './asked.js'
import { rig } from './rig.js'

const aws = rig()

const tokens = (): (string | undefined)[] => aws.calls('RunInstances').map(({ params }) => params['ClientToken'])
const zones = (): (string | undefined)[] =>
  aws.calls('RunInstances').map(({ params }) => params['SubnetId'] ?? params['NetworkInterface.1.SubnetId'])

/** The error, whose command made nothing that is there still. */
function errorIn({ error, exitCode, stderr }: Asked): NonNullable<Asked['error']> {
  expect(stderr).toBe('')
  if (!error) throw new Error(`it ended with ${String(exitCode)} and without an error`)
  expect(error.exit).toBe(exitCode)
  return error
}

const REMOVED = 'What was made is removed again: nothing of it is left in AWS.'

describe('labos up', () => {
  it('asks each zone once where none is free, then the next region, and tells all that was tried', async () => {
    aws.fault({ action: 'RunInstances', kind: { error: 'InsufficientInstanceCapacity' } })
    const error = errorIn(await up(aws.labos(), '--region', 'us-east-1,us-west-2'))
    expect(error).toMatchObject({ code: 'capacity.none', exit: 5, aftermath: REMOVED })
    expect(error.message).toMatch(new RegExp(`in us-west-2: tried ${TYPE} in us-west-2a`))
    expect(error.suggestions[0]).toContain('`--wait-capacity 30m`')
    expect(new Set(zones()).size).toBe(zones().length)
    expect(new Set(tokens()).size).toBe(tokens().length)
    expect(new Set(aws.calls('RunInstances').map(({ region }) => region))).toEqual(new Set(['us-east-1', 'us-west-2']))
  })

  it('goes on in the next zone where one has none', async () => {
    aws.fault({ action: 'RunInstances', zone: 'us-east-1a', kind: { error: 'InsufficientInstanceCapacity' } })
    const subject = aws.labos()
    expect(await up(subject)).toMatchObject({ exitCode: 0 })
    expect(zones().length).toBe(2)
    await down(subject)
  })

  it.each([
    [
      'Unsupported',
      '',
      'capacity.none',
      5,
      `does not offer such a machine in us-east-1: tried ${TYPE}`,
      'labos prices',
    ],
    ['InsufficientFreeAddressesInSubnet', '', 'aws.network', 3, 'no free address left', '--subnet ID'],
  ])('asks each zone once after %s', async (name, message, code, exit, says, first) => {
    aws.fault({ action: 'RunInstances', kind: { error: name, message } })
    const error = errorIn(await up(aws.labos()))
    expect(error).toMatchObject({ code, exit, aftermath: REMOVED, message: expect.stringContaining(says) as string })
    expect(error.suggestions[0]).toContain(first)
    expect(tokens().length).toBe(new Set(zones()).size)
  })

  const LIMIT =
    'You have requested more vCPU capacity than your current vCPU limit of 0 allows for the instance bucket.'
  it.each([
    [
      'VcpuLimitExceeded',
      LIMIT,
      'quota.vcpu',
      5,
      `A ${TYPE} needs 8 vCPUs`,
      'quota request --region us-east-1 --vcpus 8',
    ],
    ['InvalidParameterCombination', 'It is not eligible for Free Tier.', 'aws.freeplan', 5, 'free plan', 'Billing'],
    ['RequestExpired', 'late', 'aws.credentials', 3, 'ec2:RunInstances in us-east-1', 'aws sso login'],
  ])('asks once after %s', async (name, message, code, exit, says, first) => {
    aws.fault({ action: 'RunInstances', kind: { error: name, message } })
    const error = errorIn(await up(aws.labos()))
    expect(error).toMatchObject({ code, exit, aftermath: REMOVED, message: expect.stringContaining(says) as string })
    expect(error.suggestions[0]).toContain(first)
    expect(tokens().length).toBe(1)
  })

  it('has a denial decoded by AWS', async () => {
    aws.fault({ action: 'RunInstances', kind: { error: 'UnauthorizedOperation' } })
    const error = errorIn(await up(aws.labos()))
    expect(error).toMatchObject({ code: 'aws.refused', exit: 5, aftermath: REMOVED })
    expect(error.message).toMatch(/^AWS refuses ec2:RunInstances on arn:aws:\S+ in us-east-1: no policy allows it\.$/)
    expect(error.suggestions[0]).toContain('`labos iam-policy`')
    expect(tokens().length).toBe(1)
  })

  it('goes to the next region from one that AWS still looks at', async () => {
    aws.fault({ action: 'RunInstances', region: 'us-east-1', kind: { error: 'PendingVerification' } })
    const subject = aws.labos()
    expect(await up(subject, '--region', 'us-east-1,us-west-2')).toMatchObject({ exitCode: 0 })
    expect(aws.calls('RunInstances').map(({ region }) => region)).toEqual(['us-east-1', 'us-west-2'])
    await down(subject)
  })

  it('asks again for the same where it is throttled, answered with a fault, or not answered', async () => {
    for (const kind of [{ error: 'RequestLimitExceeded' }, { error: 'InternalError' }, { cut: 'after' }] as const)
      aws.fault({ action: 'RunInstances', times: 1, kind })
    const subject = aws.labos()
    expect(await up(subject)).toMatchObject({ exitCode: 0 })
    expect(aws.calls('RunInstances').map(({ code, phase }) => code ?? phase)).toEqual([
      'RequestLimitExceeded',
      'InternalError',
      'cut',
      'answered',
    ])
    expect(new Set(tokens()).size).toBe(1)
    await down(subject)
  })

  it('knows that a group made just now may not be seen yet, and what a limit of groups is', async () => {
    aws.fault({ action: 'AuthorizeSecurityGroupIngress', times: 1, kind: { error: 'InvalidGroup.NotFound' } })
    const subject = aws.labos()
    expect(await up(subject)).toMatchObject({ exitCode: 0 })
    await down(subject)
    aws.fault({ action: 'CreateSecurityGroup', kind: { error: 'SecurityGroupLimitExceeded' } })
    const error = errorIn(await up(subject))
    expect(error).toMatchObject({ code: 'quota.other', exit: 5, aftermath: REMOVED })
    expect(error.message).toContain('ec2:CreateSecurityGroup in us-east-1')
    expect(tokens().length).toBe(1)
  })
})

describe('a machine that is there', () => {
  /** Each: the command, the call that is refused, and what comes of it. */
  const STOPPING = [
    ['IncorrectInstanceState', 'machine.state', 5, 'ec2:StopInstances in us-east-1', 'labos status'],
    ['OperationNotPermitted', 'machine.state', 5, 'OperationNotPermitted', 'protection off'],
    ['UnauthorizedOperation', 'aws.refused', 5, 'ec2:StopInstances', 'labos iam-policy'],
    ['InternalError', 'aws.unreachable', 3, 'a fault (InternalError, HTTP 500): ec2:StopInst', 'some minutes'],
  ] as const
  const STARTING = [
    ['InsufficientInstanceCapacity', 'capacity.none', 5, 'in us-east-1 now', 'Try again later: `labos start'],
    ['VcpuLimitExceeded', 'quota.vcpu', 5, 'quota in us-east-1', 'labos quota --region us-east-1'],
    ['IncorrectSpotRequestState', 'machine.state', 5, 'ec2:StartInstances in us-east-1', 'labos status'],
    ['RequestLimitExceeded', 'aws.unreachable', 3, 'slow down', 'some minutes'],
  ] as const
  const ENDING = [
    ['UnauthorizedOperation', 'AWS refuses ec2:TerminateInstances', 'labos iam-policy'],
    ['OperationNotPermitted', 'OperationNotPermitted', 'protection off'],
    ['RequestExpired', 'has expired', 'aws sso login'],
  ] as const

  it('is told of as it is when it cannot be stopped, started or ended, and ended at last', async () => {
    const subject = aws.labos()
    await up(subject)
    for (const [error, code, exit, says, first] of STOPPING) {
      const mend = aws.fault({ action: 'StopInstances', kind: { error } })
      const refused = errorIn(await asked(subject, 'stop', subject.lab))
      mend()
      expect(refused).toMatchObject({ code, exit, message: expect.stringContaining(says) as string })
      expect(refused.suggestions[0]).toContain(first)
      expect(refused.aftermath).toMatch(/^THE MACHINE STILL RUNS: i-\w+ \(.*\), \$0\.99\/h, until/)
    }
    await subject.run('stop', subject.lab)
    for (const [error, code, exit, says, first] of STARTING) {
      const mend = aws.fault({ action: 'StartInstances', kind: { error } })
      const refused = errorIn(await asked(subject, 'start', subject.lab))
      mend()
      expect(refused).toMatchObject({ code, exit, message: expect.stringContaining(says) as string })
      expect(refused.suggestions[0]).toContain(first)
      expect(refused.aftermath).toMatch(exit === 5 ? /stays stopped; its disk is kept, \$0\.26 a day/ : /is not known/)
    }
    expect((await subject.run('start', subject.lab)).exitCode).toBe(0)
    for (const [error, says, second] of ENDING) {
      const mend = aws.fault({ action: 'TerminateInstances', kind: { error } })
      const refused = errorIn(await asked(subject, 'down', subject.lab))
      mend()
      expect(refused).toMatchObject({ code: 'teardown.incomplete', exit: 9 })
      expect(refused.message).toContain(says)
      expect(refused.message).toContain('$0.98/h')
      expect(refused.suggestions[0]).toContain(`\`labos down ${subject.lab}\``)
      expect(refused.suggestions[1]).toContain(second)
      expect(refused.aftermath).toContain('THE MACHINE STILL RUNS')
    }
    await down(subject)
  })
})

/** What is wrong before or beside EC2's answers: credentials, account, region, network, flags, disk, state, clock. */
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asked, down, read, TYPE, up, upArgs } from './asked.js'
import type { Subject } from '../crash/subject.js'
import { smallDisk } from './small-disk.js'
import { rig } from './rig.js'

const aws = rig()

const labsOf = ({ home }: Subject): string[] => {
  const dir = join(home, 'labs')
  return existsSync(dir) ? readdirSync(dir).filter((name) => !name.startsWith('.')) : []
}

/** Refused before anything was asked for, and without a trace here. */
async function refusedBefore(subject: Subject, args: readonly string[], code: string, exit: number) {
  const { error, exitCode } = await asked(subject, ...args)
  expect(error).toMatchObject({ code, exit })
  expect(exitCode).toBe(exit)
  expect(aws.calls('RunInstances')).toEqual([])
  expect(aws.calls('CreateSecurityGroup')).toEqual([])
  expect(labsOf(subject)).toEqual([])
  return { message: error?.message ?? '', first: error?.suggestions[0] ?? '', error }
}

describe('labos up', () => {
  it.each([
    [['--allow-cidr', 'nonsense'], 'usage.value', '--allow-cidr 203.0.113.7/32'],
    [['--allow-cidr', '300.1.1.1/32'], 'usage.value', '--allow-cidr 203.0.113.7/32'],
    [['--provider', 'local'], 'usage.value', '--provider aws'],
    [['--max-price', '0.1'], 'plan.nofit', '--max-price 0.98'],
    [['--region', 'eu-nowhere-1'], 'usage.value', 'us-east-1'],
    [['--wait-capacity', 'soon'], 'usage.value', '30m'],
    [['--no-such-flag'], 'usage.flags', '--help'],
  ])('refuses %s and asks AWS nothing', async (more, code, first) => {
    const subject = aws.labos()
    const told = await refusedBefore(subject, upArgs(subject, ...more), code, 2)
    expect(told.first).toContain(first)
    expect(aws.cloud.journal.filter(({ service }) => service === 'sts').length).toBe(0)
  })

  it('asks for a yes, and without a terminal says how to give it', async () => {
    const subject = aws.labos()
    const args = upArgs(subject).filter((word) => word !== '--yes')
    const { first } = await refusedBefore(subject, args, 'input.needed', 4)
    expect(first).toContain('`--yes`')
  })

  it.each([
    [{}, 'neither in the environment nor in a profile', '`aws configure sso`'],
    [{ AWS_PROFILE: 'nobody' }, 'the profile "nobody" gave none', '`aws configure sso`'],
  ])('says that there are no credentials (%j)', async (more, says, first) => {
    const subject = aws.labos({ AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', ...more })
    const told = await refusedBefore(subject, upArgs(subject), 'aws.credentials', 3)
    expect(told.message).toContain(says)
    expect(told.first).toContain(first)
  })

  it('says that the session has expired', async () => {
    aws.fault({ service: 'sts', action: 'GetCallerIdentity', kind: { error: 'ExpiredToken' } })
    const subject = aws.labos()
    expect((await refusedBefore(subject, upArgs(subject), 'aws.credentials', 3)).first).toContain('`aws sso login`')
  })

  it('says that AWS is not to be reached, and does not speak of permissions', async () => {
    const subject = aws.labos({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' })
    const told = await refusedBefore(subject, upArgs(subject), 'aws.unreachable', 3)
    expect(told.first).toContain('Check the connection')
  })

  it('says that the region is not enabled, and goes on in the next', async () => {
    aws.set({ disabledRegions: ['eu-central-1'] })
    const subject = aws.labos()
    const told = await refusedBefore(subject, upArgs(subject, '--region', 'eu-central-1'), 'aws.region', 5)
    expect(told.first).toContain('enable-region --region-name eu-central-1')
    expect(await up(subject, '--region', 'eu-central-1,us-east-1')).toMatchObject({ exitCode: 0 })
    await down(subject)
  })

  it('says which quota is 0, and how to ask for more', async () => {
    aws.set({ quotas: { 'L-DB2E81BA': 0 } })
    const subject = aws.labos()
    const told = await refusedBefore(subject, upArgs(subject), 'quota.vcpu', 5)
    expect(told.message).toContain(`A ${TYPE} needs 8 vCPUs of "Running On-Demand G and VT instances" (L-DB2E81BA)`)
    expect(told.first).toContain('`labos quota request --region us-east-1 --vcpus 8`')
  })

  it('says that there is no network, and makes it when asked to', async () => {
    aws.set({ defaultNetwork: false })
    const subject = aws.labos()
    const told = await refusedBefore(subject, upArgs(subject, '--region', 'eu-west-2'), 'aws.network', 3)
    expect(told.first).toContain('--make-network')
    expect(await up(subject, '--region', 'eu-west-2', '--make-network')).toMatchObject({ exitCode: 0 })
    expect(aws.calls('CreateDefaultVpc').length).toBe(1)
    await down(subject)
  })

  it('says that no subnet has a way out, or that there is none of that name', async () => {
    aws.set({ publicSubnets: false })
    const subject = aws.labos()
    const told = await refusedBefore(subject, upArgs(subject, '--region', 'eu-west-3'), 'aws.network', 3)
    expect(told.message).toContain('no public subnet in vpc-')
    expect(told.first).toContain('`--subnet ID`')
    const named = await refusedBefore(subject, upArgs(subject, '--subnet', 'subnet-0123456789'), 'aws.network', 3)
    expect(named.first).toContain('Name another one')
  })

  it('is one of two at once: the second waits, and finds it up', async () => {
    const subject = aws.labos()
    const first = subject.start([...upArgs(subject), '--json'])
    const second = subject.start([...upArgs(subject), '--json'])
    const results = [read(await first.ended), read(await second.ended)]
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    const notes = results.flatMap(({ lines }) => lines.map(({ text }) => String(text)))
    expect(notes.filter((text) => text.includes('waiting for it')).length).toBe(1)
    const outcomes = results.map(({ lines }) => (lines.at(-1)?.['result'] as { outcome: string }).outcome)
    expect(outcomes.sort()).toEqual(['already-up', 'up'])
    expect(aws.calls('RunInstances').length).toBe(1)
    await down(subject)
  })

  it('gives a deadline by the clock of AWS, whatever this computer says', async () => {
    const subject = aws.labos()
    const preload = join(subject.home, 'an-hour-ahead.cjs')
    writeFileSync(preload, AN_HOUR_AHEAD)
    const skewed = aws.labos({ NODE_OPTIONS: `--require ${preload}` }, subject.home)
    const result = await up(skewed)
    expect(result.exitCode).toBe(0)
    expect(result.lines.map(({ text }) => text)).toContain(
      "This computer's clock is 60 min ahead of AWS's; from 5 min on AWS refuses its requests.",
    )
    const params = aws.calls('RunInstances')[0]?.params ?? {}
    const key = Object.keys(params).find((name) => params[name] === 'labos:expires-at') ?? ''
    const endsMs = Date.parse(params[key.replace(/Key$/, 'Value')] ?? '')
    expect(Math.abs(endsMs - (Date.now() + FOUR_HOURS_MS))).toBeLessThan(60_000)
    await down(skewed)
  })
})

const FOUR_HOURS_MS = 4 * 3_600_000
const AN_HOUR_AHEAD = `
const Real = Date
const BY_MS = 3_600_000
globalThis.Date = class Date extends Real {
  constructor(...args) { args.length > 0 ? super(...args) : super(Real.now() + BY_MS) }
  static now() { return Real.now() + BY_MS }
}`

describe('a lab that is up', () => {
  it('is of one account, one region and one kind: another is refused, and nothing is touched', async () => {
    const subject = aws.labos()
    await up(subject)
    const before = readFileSync(join(subject.home, 'labs', subject.lab, 'lab.json'), 'utf8')
    const differs = await up(subject, '--region', 'eu-central-1')
    expect(differs.error).toMatchObject({ code: 'lab.differs', exit: 2 })
    expect(differs.error?.message).toContain('it is in us-east-1, not in eu-central-1')
    const local = await asked(subject, 'up', 'smollm2', '--name', subject.lab, '--yes')
    expect(local.error).toMatchObject({ code: 'lab.differs', exit: 2 })
    aws.set({ accountId: '999999999999' })
    for (const args of [
      upArgs(subject),
      ['down', subject.lab],
      ['stop', subject.lab],
      ['extend', '1h', '--name', subject.lab],
    ]) {
      const { error } = await asked(subject, ...args)
      expect(error).toMatchObject({ code: 'aws.account', exit: 3 })
      expect(error?.message).toMatch(/of account 999999999999 .* is in account 123456789012/)
      expect(error?.aftermath).toMatch(/^Nothing was touched\. THE MACHINE STILL RUNS: i-/)
    }
    aws.set({ accountId: '123456789012' })
    aws.fault({ service: 'sts', action: 'GetCallerIdentity', times: 1, kind: { error: 'ExpiredToken' } })
    const expired = await asked(subject, 'down', subject.lab)
    expect(expired.error).toMatchObject({ code: 'aws.credentials', exit: 3 })
    expect(expired.error?.aftermath).toContain('THE MACHINE STILL RUNS')
    expect(readFileSync(join(subject.home, 'labs', subject.lab, 'lab.json'), 'utf8')).toBe(before)
    await down(subject)
  })

  it('is found by its tags where the state of Pulumi does not parse: up again adopts it, down removes it', async () => {
    const subject = aws.labos()
    await up(subject)
    const path = join(subject.home, 'labs', subject.lab, 'lab.json')
    const { machine, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as { machine: { id: string } }
    writeFileSync(path, JSON.stringify({ ...rest, stepsDone: ['plan'] }))
    damageState(subject)
    const again = await up(subject)
    expect(again.exitCode).toBe(0)
    expect(JSON.stringify(again.lines.at(-1))).toContain(machine.id)
    expect(aws.calls('RunInstances').length).toBe(1)
    damageState(subject)
    await down(subject)
    expect(labsOf(subject)).toEqual([])
  })
})

function damageState({ home, lab }: Subject): void {
  const dir = join(home, 'labs', lab, 'stack/state/.pulumi/stacks/labos')
  const files = readdirSync(dir).filter((name) => name.endsWith('.json'))
  expect(files.length).toBe(1)
  for (const name of files) writeFileSync(join(dir, name), '{"version": 3, "checkpoint": ')
}

describe('the folder of labos', () => {
  it('may be read-only', async (context) => {
    const subject = aws.labos()
    const disk = smallDisk(subject.home, '64k', 'ro')
    if (!disk) {
      if (process.getuid?.() === 0) context.skip(NO_MOUNTS)
      chmodSync(subject.home, 0o500)
    }
    try {
      const { message } = await refusedBefore(subject, upArgs(subject), 'state.readonly', 3)
      expect(message).toContain(subject.home)
    } finally {
      disk?.remove()
      chmodSync(subject.home, 0o700)
    }
  })

  it('may have no space at all: nothing is made', async (context) => {
    const subject = aws.labos()
    const disk = smallDisk(subject.home, '8k', 'rw')
    if (!disk) context.skip(NO_MOUNTS)
    try {
      const { error } = await up(subject)
      expect(error).toMatchObject({ code: 'disk.short', exit: 3, aftermath: 'Nothing was created.' })
      expect(error?.suggestions[0]).toContain('Free some space')
      expect(labsOf(subject)).toEqual([])
    } finally {
      disk?.remove()
    }
  })

  it.for([
    ['is to be asked for', 'DescribeInstances', 1], // once before, for what is in use
    ['was made', 'RunInstances', 0],
  ] as const)('may be full when the machine %s: nothing is left', async ([, action, skip], context) => {
    const subject = aws.labos()
    const disk = smallDisk(subject.home, '4m', 'rw')
    if (!disk) context.skip(NO_MOUNTS)
    const call = async (phase: 'before' | 'after'): Promise<undefined> => {
      if (phase === 'after') disk?.fillFor(FULL_MS)
    }
    aws.fault({ action, skip, times: 1, kind: { call } })
    try {
      const { error } = await up(subject)
      expect(error).toMatchObject({ code: 'disk.short', exit: 3 })
      expect(error?.aftermath).toBe('What was made is removed again: nothing of it is left in AWS.')
      expect(labsOf(subject)).toEqual([])
    } finally {
      disk?.remove()
    }
  })
})

/** As long as it takes to write what is said of the machine; Pulumi waits longer for space. */
const FULL_MS = 5000
const NO_MOUNTS = 'this machine does not let its tests mount a file system'

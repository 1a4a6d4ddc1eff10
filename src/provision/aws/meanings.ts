/** What refusals of AWS mean for a user who wants a machine, and what can be done about each. Data. */
import type { RefusalKind } from '../../../infra/aws-refusals.js'
import type { Attempt } from '../../../infra/spec.js'
import type { ErrorCode } from '../../errors/codes.js'
import { quotaOf } from '../../plan/aws/quota.js'
import type { StackFailure } from '../../ports.js'

export interface Meaning {
  readonly code: ErrorCode
  readonly text: (failure: StackFailure) => string
  /** Most likely first. */
  readonly advice: (failure: StackFailure) => readonly [string, ...string[]]
}

const regionOf = ({ region }: StackFailure): string => region ?? 'the region'
const codeOf = ({ code }: StackFailure): string => code ?? 'no code'
const said = (failure: StackFailure): string => `${codeOf(failure)}: ${failure.message}`

const ELSEWHERE = 'Or try elsewhere: more `--region`s, another `--instance-type` or `--gpu`.'
const AGAIN = 'Run the same command again: what was made, if anything, is found again.'

const capacity: Meaning = {
  code: 'capacity.none',
  text: (failure) => `AWS has no such machine free in ${regionOf(failure)}: ${triedText(failure.tried ?? [])}.`,
  advice: () => [
    'Wait for one: the same command with `--wait-capacity 30m`.',
    ELSEWHERE,
    'Or the other market: with or without `--spot`.',
  ],
}

const denied: Meaning = {
  code: 'aws.refused',
  text: (failure) =>
    `AWS does not permit ${failure.permission ?? 'it'} in ${regionOf(failure)} (${codeOf(failure)}).${deniedBy(failure)}`,
  advice: (failure) => [
    '`labos iam-policy` prints the least that labos needs, for whoever manages the account.',
    ...(codeOf(failure).includes('ServiceLinkedRole')
      ? ['Spot needs a role once: `aws iam create-service-linked-role --aws-service-name spot.amazonaws.com`.']
      : []),
    ...decodeAdvice(failure),
    'Or use another profile: AWS_PROFILE.',
  ],
}

const noAnswer: Meaning = {
  code: 'aws.unreachable',
  text: (failure) => `AWS did not answer ${failure.permission ?? ''} in ${regionOf(failure)}: ${failure.message}`,
  advice: () => [AGAIN],
}

export const meanings: Readonly<Partial<Record<RefusalKind | 'NoAnswer', Meaning>>> = {
  capacity,
  'not-offered': capacity,
  'subnet-full': capacity,
  'spot-price': capacity,
  denied,
  NoAnswer: noAnswer,
  'quota-vcpu': {
    code: 'quota.vcpu',
    text: (failure) => `The vCPU quota${quotaName(failure)} in ${regionOf(failure)} is too small: ${failure.message}`,
    advice: (failure) => [
      `See it, and ask for more: \`labos quota --region ${regionOf(failure)}\`.`,
      'Other regions, and spot, have quotas of their own: `--region`, `--spot`.',
      'After a machine has ended AWS may count it for some minutes more.',
    ],
  },
  'quota-other': {
    code: 'quota.other',
    text: (failure) => `A limit of the account in ${regionOf(failure)} is reached: ${said(failure)}`,
    advice: () => [
      'See what labos left behind: `labos gc --dry-run`.',
      'Or ask AWS for more: the console, Service Quotas.',
    ],
  },
  freeplan: {
    code: 'aws.freeplan',
    text: ({ message }) => `The account is on AWS's free plan, which has no GPU machines (${message}).`,
    advice: () => ['Upgrade the account to a paid plan in the AWS console, under Billing.'],
  },
  credentials: {
    code: 'aws.credentials',
    text: (failure) => `AWS does not take the credentials (${codeOf(failure)} in ${regionOf(failure)}).`,
    advice: (failure) => [
      'Check them: `aws sts get-caller-identity`.',
      `If they work elsewhere: ${regionOf(failure)} may not be enabled for the account.`,
    ],
  },
  expired: {
    code: 'aws.credentials',
    text: (failure) => `The AWS session has expired (${codeOf(failure)}).`,
    advice: () => ['Log in again: `aws sso login`, or get new temporary keys; then run the same command again.'],
  },
  account: {
    code: 'aws.refused',
    text: (failure) => `AWS does not serve this account in ${regionOf(failure)}: ${said(failure)}`,
    advice: () => [
      'AWS looks at a new account or region for minutes to hours: try again later.',
      ELSEWHERE,
      'See the account in the AWS console.',
    ],
  },
  region: {
    code: 'aws.region',
    text: (failure) => `${regionOf(failure)} is not enabled for the account (${codeOf(failure)}).`,
    advice: (failure) => [
      `Enable it: \`aws account enable-region --region-name ${regionOf(failure)}\`; that takes some minutes.`,
      'Or name another `--region`.',
    ],
  },
  network: {
    code: 'aws.network',
    text: (failure) => `There is no network for the machine in ${regionOf(failure)}: ${said(failure)}`,
    advice: () => ['Make the default one: the same command with `--make-network`.', 'Or name one: `--subnet ID`.'],
  },
  busy: {
    code: 'aws.unreachable',
    text: (failure) => `AWS asks to slow down (${codeOf(failure)}), again and again.`,
    advice: () => ['Run the same command again in some minutes.'],
  },
  fault: {
    code: 'aws.unreachable',
    text: (failure) => `AWS has a fault: ${said(failure)}`,
    advice: () => [AGAIN],
  },
}

/** `tried g6e.2xlarge in us-east-1a, us-east-1b; g6e.xlarge in us-east-1a`. */
export function triedText(tried: readonly Attempt[]): string {
  const zones = new Map<string, string[]>()
  for (const { rung } of tried) {
    const type = `${rung.instanceType}${rung.market === 'spot' ? ' (spot)' : ''}`
    const zone = rung.zone ?? 'any zone'
    zones.set(type, [...new Set([...(zones.get(type) ?? []), zone])])
  }
  const parts = [...zones].map(([type, places]) => `${type} in ${places.join(', ')}`)
  return parts.length > 0 ? `tried ${parts.join('; ')}` : 'nothing could be tried'
}

function quotaName({ tried, code }: StackFailure): string {
  const rung = tried?.find((attempt) => attempt.code === code)?.rung
  if (!rung) return ''
  const quota = quotaOf(rung.instanceType, rung.market)
  return ` "${quota.name}"${quota.code === null ? '' : ` (${quota.code})`}`
}

function deniedBy({ message }: StackFailure): string {
  const found = /service control policy|permissions boundary|session policy|resource-based policy/i.exec(message)?.[0]
  return found === undefined ? '' : ` It is denied by a ${found.toLowerCase()}.`
}

function decodeAdvice({ message }: StackFailure): string[] {
  const blob = /failure message: (\S+)/.exec(message)?.[1]
  return blob === undefined ? [] : [`What exactly: \`aws sts decode-authorization-message --encoded-message ${blob}\`.`]
}

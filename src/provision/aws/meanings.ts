/** What refusals of AWS mean for a user who wants a machine, and what can be done about each. Data. */
import type { RefusalKind } from '../../../infra/aws-refusals.js'
import { denialAdvice, denialText } from '../../plan/aws/denial.js'
import type { Meaning, Refused } from './meaning.js'
import { quotaMeaning } from './quota-meaning.js'
import { triedText } from './tried-text.js'

const regionOf = ({ region }: Refused): string => region ?? 'the region'
const codeOf = ({ code }: Refused): string => code ?? 'no code'
const said = (failure: Refused): string => `${codeOf(failure)}: ${failure.message}`
/** `ec2:RunInstances in us-east-1`. */
const wanted = (failure: Refused): string =>
  `${failure.permission === undefined || failure.permission === '' ? 'the machine' : failure.permission} in ${regionOf(failure)}`
const tried = (failure: Refused): string => triedText(failure.tried ?? [])
/** ` (tried g6.2xlarge in us-east-1a)`, or nothing where it did not come to that. */
const triedToo = (failure: Refused): string => (failure.tried?.length ? ` (${tried(failure)})` : '')

const ELSEWHERE = 'Or try elsewhere: more `--region`s, another `--instance-type` or `--gpu`.'
const AGAIN = 'Run the same command again: what was made, if anything, is found again.'

const capacity: Meaning = {
  code: 'capacity.none',
  text: (failure) => `AWS has no such machine free in ${regionOf(failure)}: ${tried(failure)}.`,
  advice: () => [
    'Wait for one: the same command with `--wait-capacity 30m`.',
    ELSEWHERE,
    'Or the other market: with or without `--spot`.',
  ],
}

const denial = (failure: Refused): Parameters<typeof denialText>[0] => ({
  code: codeOf(failure),
  message: failure.message,
  permission: failure.permission ?? 'what labos asked for',
  region: regionOf(failure),
  decoded: failure.decoded,
})

export const meanings: Readonly<Partial<Record<RefusalKind | 'NoAnswer' | 'image', Meaning>>> = {
  capacity,
  'spot-price': capacity,
  'not-offered': {
    code: 'capacity.none',
    text: (failure) => `AWS does not offer such a machine in ${regionOf(failure)}: ${tried(failure)}.`,
    advice: () => [
      'Name another `--region` or `--instance-type`: `labos prices` lists where there are some.',
      'Or the other market: with or without `--spot`.',
    ],
  },
  'subnet-full': {
    code: 'aws.network',
    text: (failure) => `The subnets in ${regionOf(failure)} have no free address left: ${tried(failure)}.`,
    advice: () => ['Name another subnet: `--subnet ID`.', 'Or name another `--region`.'],
  },
  denied: {
    code: 'aws.refused',
    text: (failure) => denialText(denial(failure)),
    advice: (failure) => denialAdvice(denial(failure)),
  },
  NoAnswer: {
    code: 'aws.unreachable',
    text: (failure) => `AWS did not answer ${wanted(failure)}: ${failure.message}.`,
    advice: () => [AGAIN],
  },
  'quota-vcpu': quotaMeaning,
  'quota-other': {
    code: 'quota.other',
    text: (failure) => `A limit of the account is reached with ${wanted(failure)}: ${said(failure)}`,
    advice: (failure) => [
      `See what labos left behind: \`labos gc --region ${regionOf(failure)} --dry-run\`.`,
      'Or ask AWS for more: the console, Service Quotas.',
      'Or name another `--region`.',
    ],
  },
  freeplan: {
    code: 'aws.freeplan',
    text: (failure) =>
      `The account is on AWS's free plan, which has no GPU machine in ${regionOf(failure)} or elsewhere${triedToo(failure)}: ${said(failure)}`,
    advice: () => [
      'Upgrade the account to a paid plan in the AWS console, under Billing.',
      'Or use another account: AWS_PROFILE.',
    ],
  },
  credentials: {
    code: 'aws.credentials',
    text: (failure) => `AWS does not take the credentials for ${wanted(failure)} (${codeOf(failure)}).`,
    advice: (failure) => [
      'Check them: `aws sts get-caller-identity`.',
      `If they work elsewhere: ${regionOf(failure)} may not be enabled for the account.`,
    ],
  },
  expired: {
    code: 'aws.credentials',
    text: (failure) => `The AWS session has expired before ${wanted(failure)} (${codeOf(failure)}).`,
    advice: () => [
      'Log in again: `aws sso login`, or get new temporary keys; then run the same command again.',
      "If it was renewed just now: check this computer's clock.",
    ],
  },
  account: {
    code: 'aws.refused',
    text: (failure) => `AWS does not serve this account in ${regionOf(failure)}: ${said(failure)}`,
    advice: accountAdvice,
  },
  region: {
    code: 'aws.region',
    text: (failure) => `${regionOf(failure)} is not enabled for the account (${codeOf(failure)}).`,
    advice: (failure) => [
      `Enable it: \`aws account enable-region --region-name ${regionOf(failure)}\`; that takes some minutes.`,
      'If the account is new: it may not be activated yet; see the AWS console.',
      'Or name another `--region`.',
    ],
  },
  network: {
    code: 'aws.network',
    text: (failure) => `There is no network for the machine in ${regionOf(failure)}: ${said(failure)}`,
    advice: () => ['Make the default one: the same command with `--make-network`.', 'Or name one: `--subnet ID`.'],
  },
  image: {
    code: 'aws.image',
    text: (failure) => `The image to start from cannot be used in ${regionOf(failure)}: ${said(failure)}`,
    advice: () => ["Run the same command again: AWS's newest image is looked up anew.", 'Or name another `--region`.'],
  },
  busy: {
    code: 'aws.unreachable',
    text: (failure) => `AWS asks to slow down, again and again: ${wanted(failure)} (${codeOf(failure)}).`,
    advice: () => ['Run the same command again in some minutes.'],
  },
  fault: {
    code: 'aws.unreachable',
    text: (failure) => `AWS has a fault with ${wanted(failure)}: ${said(failure)}`,
    advice: () => [AGAIN, 'Or name another `--region`.'],
  },
  input: unlike("labos asked for something that AWS does not take there: update labos, or report it with AWS's words."),
  state: unlike('If it is about the image, update labos: AWS may have changed it.'),
  exists: again(),
  gone: again(),
  'in-use': again(),
  token: again(),
}

/** Refused for a reason that lies in what was asked for: asking again does not help. */
function unlike(otherwise: string): Meaning {
  return {
    code: 'machine.failed',
    text: (failure) => `AWS refuses ${wanted(failure)}${triedToo(failure)}: ${said(failure)}`,
    advice: ({ logs }) => ['Try another `--instance-type` or `--region`.', otherwise, logsText(logs)],
  }
}

/** Refused for how things were at that moment. */
function again(): Meaning {
  return {
    code: 'machine.failed',
    text: (failure) => `AWS refuses ${wanted(failure)} just now: ${said(failure)}`,
    advice: ({ logs }) => [AGAIN, logsText(logs)],
  }
}

/** The folder goes with a lab that is removed again. */
export const logsText = (logs: string): string => `With \`--keep\` what Pulumi said stays in ${logs}.`

function accountAdvice({ code, message }: Refused): readonly [string, ...string[]] {
  if (code === 'PendingVerification')
    return [
      'AWS is still looking at the account: try again in some minutes; it may take hours.',
      'Or name another `--region`.',
    ]
  if (/marketplace/i.test(message)) return ['Accept the terms in the AWS Marketplace, at the address in that message.']
  return ['See the account in the AWS console: it may be new, or closed. AWS support knows why.']
}

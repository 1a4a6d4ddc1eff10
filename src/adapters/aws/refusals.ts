/** What a refusal of AWS is to a user: one maker of errors for each kind of refusal. */
import type { RefusalKind } from '../../../infra/aws-refusals.js'
import type { ErrorCode } from '../../errors/codes.js'
import { LabosError } from '../../errors/labos-error.js'
import { denied } from './denied.js'

export interface Question {
  /** What it needs: `ec2:DescribeRegions`. */
  readonly permission: string
  readonly region: string
}

type Maker = (error: Error, question: Question) => LabosError

/** What the status says is shown, as services have no common way to say it. */
const statusOf = (error: Error): string => {
  const { $metadata }: { $metadata?: { httpStatusCode?: number } } = error as object
  return $metadata?.httpStatusCode === undefined ? '' : `, HTTP ${String($metadata.httpStatusCode)}`
}

export const unreachable = (what: string, { permission, region }: Question, cause: Error): LabosError =>
  new LabosError('aws.unreachable', `${what}: ${permission} in ${region}.`, {
    suggestions: ['Check the connection; proxies are taken from HTTPS_PROXY and NO_PROXY.', AGAIN],
    cause,
  })

const AGAIN = 'Run the same command again in some minutes: what was known before is kept.'

/** AWS answers, and cannot now. */
export const unable = (what: string, { permission, region }: Question, cause: Error): LabosError =>
  new LabosError('aws.unreachable', `${what}: ${permission} in ${region}.`, { suggestions: [AGAIN], cause })

/** A refusal that has a name and no meaning that labos knows of. */
export const unnamed: Maker = (cause, { permission, region }) =>
  new LabosError('aws.refused', `AWS refuses ${permission} in ${region}: ${cause.name}.`, {
    suggestions: ['Run it again with DEBUG=labos to see what AWS says.', 'Update labos: AWS may have changed.'],
    cause,
  })

const saying =
  (
    code: ErrorCode,
    message: (name: string, region: string, permission: string) => string,
    suggestions: (region: string) => readonly [string, ...string[]],
  ): Maker =>
  (cause, { permission, region }) =>
    new LabosError(code, message(cause.name, region, permission), { suggestions: suggestions(region), cause })

const expired = saying(
  'aws.credentials',
  (name) => `The AWS session has expired (${name}).`,
  () => [
    'Log in again: `aws sso login`, or get new temporary keys.',
    "If it was renewed just now: check this computer's clock.",
  ],
)

const notTaken = saying(
  'aws.credentials',
  (name, region) => `AWS does not take the credentials (${name} in ${region}).`,
  (region) => [
    'Check the keys, and the session token where there is one: `aws sts get-caller-identity`.',
    `If they work elsewhere: ${region} may not be enabled for the account.`,
    "Or this computer's clock is more than five minutes off.",
  ],
)

const account: Maker = (cause, { permission, region }) => {
  const isNew = cause.name === 'PendingVerification'
  return new LabosError('aws.refused', `AWS does not serve this account in ${region} (${cause.name}, ${permission}).`, {
    suggestions: isNew
      ? [
          'AWS is still looking at the account: try again in some minutes; it may take hours.',
          'Or name another `--region`.',
        ]
      : ['See the account in the AWS console: it may be new, or closed. AWS support knows why.'],
    cause,
  })
}

const regionOff = saying(
  'aws.region',
  (name, region) => `${region} is not enabled for this account (${name}).`,
  (region) => [
    `Enable it: \`aws account enable-region --region-name ${region}\`; that takes some minutes.`,
    'If the account is new: it may not be activated yet; see the AWS console.',
    'Or name another `--region`.',
  ],
)

const vcpuLimit: Maker = (cause, { region }) => {
  const limit = /vCPU (?:capacity )?limit of (\d+)/i.exec(cause.message)?.[1]
  const spot = cause.name.includes('Spot') ? ' --spot' : ''
  const says = limit === undefined ? '' : `: the limit is ${limit} vCPUs`
  return new LabosError(
    'quota.vcpu',
    `The account's quota in ${region} does not allow this machine (${cause.name})${says}.`,
    {
      suggestions: [
        `See the limits and what counts against them: \`labos quota --region ${region}\`.`,
        `Ask for more: \`labos quota request --region ${region} --vcpus N${spot}\`.`,
        'A machine that has just ended still counts for some minutes.',
      ],
      cause,
    },
  )
}

const otherLimit = saying(
  'quota.other',
  (name, region, permission) => `A limit of the account is reached in ${region} (${name}, ${permission}).`,
  (region) => [
    `See what labos left behind, if anything: \`labos gc --region ${region} --dry-run\`.`,
    'Remove what is not needed, or raise the limit under Service Quotas in the AWS console.',
  ],
)

const noCapacity = saying(
  'capacity.none',
  (name, region) => `AWS has no such machine free in ${region} now (${name}).`,
  () => [
    'Try again in some minutes: what is free changes all the time.',
    'Or let labos try more: another `--region`, `--gpu` or `--instance-type`, `--spot`.',
  ],
)

const notOffered = saying(
  'capacity.none',
  (name, region) => `AWS does not offer this machine there (${name} in ${region}).`,
  () => ['Name another `--region` or `--instance-type`: `labos prices` lists where there are some.'],
)

const subnetFull = saying(
  'aws.network',
  (name, region) => `The subnet has no free address left (${name} in ${region}).`,
  () => ['Name another one: `--subnet ID`.'],
)

const noNetwork = saying(
  'aws.network',
  (name, region) => `There is no network in ${region} that a machine could be put in (${name}).`,
  () => [
    'Let labos make the default network that AWS gives new accounts: `--make-network`.',
    'Or name a public subnet: `--subnet ID`.',
  ],
)

const wrongState: Maker = (cause, { permission, region }) => {
  const { name, message } = cause
  const look = 'See the state: `labos status --refresh`. While it changes, wait for it.'
  const unprotect = 'If the machine is protected: switch termination or stop protection off in the AWS console.'
  return new LabosError(
    'machine.state',
    `AWS does not allow ${permission} in ${region} in the state that things are in: ${name}: ${message}`,
    { suggestions: name === 'OperationNotPermitted' ? [unprotect, look] : [look, unprotect], cause },
  )
}

const inUse = saying(
  'machine.state',
  (name, region, permission) => `Something in ${region} is still in use (${name}, ${permission}).`,
  () => ['Try again in some minutes: what a machine held is free only when it has ended.'],
)

const gone = saying(
  'machine.gone',
  (name, region) => `AWS knows none of that id in ${region} (${name}).`,
  () => ['See what there is: `labos ps`. It may be of another account or region: check AWS_PROFILE.'],
)

const freePlan = saying(
  'aws.freeplan',
  () => "The account is on AWS's free plan, which has no machines with a GPU.",
  () => ['Upgrade it to the paid plan in the AWS console, under Billing.', 'Or use another account: AWS_PROFILE.'],
)

export const refusedAs: Readonly<Record<RefusalKind, Maker>> = {
  capacity: noCapacity,
  'quota-vcpu': vcpuLimit,
  'quota-other': otherLimit,
  denied,
  credentials: notTaken,
  expired,
  account,
  freeplan: freePlan,
  region: regionOff,
  busy: (error, question) => unable(`AWS asks to slow down (${error.name})`, question, error),
  fault: (error, question) => unable(`AWS has a fault (${error.name}${statusOf(error)})`, question, error),
  state: wrongState,
  'in-use': inUse,
  gone,
  exists: unnamed,
  'not-offered': notOffered,
  'subnet-full': subnetFull,
  'spot-price': noCapacity,
  token: unnamed,
  network: noNetwork,
  input: unnamed,
}

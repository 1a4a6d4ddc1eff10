/** What the AWS SDK throws, as our errors: by name and status, never by what a message happens to say. */
import { LabosError } from '../../errors/labos-error.js'
import { NetworkFailure } from './fetch-handler.js'

const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError'])
const EXPIRED = new Set(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired'])
const NOT_TAKEN = new Set([
  'AuthFailure',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'IncompleteSignature',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
])
const DENIED = new Set(['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException'])
const ACCOUNT = new Set(['OptInRequired', 'Blocked', 'AccountDisabled', 'PendingVerification'])
const BUSY = new Set([
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
])

interface Question {
  /** What it needs: `ec2:DescribeRegions`. */
  readonly permission: string
  readonly region: string
}

/**
 * Runs one request. Throws `aws.credentials`, `aws.refused`, `aws.unreachable`, or the reason of the signal; what is not
 * AWS's doing comes out as it is.
 */
export async function asked<T>(question: Question, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    signal.throwIfAborted() // the SDK's own AbortError does not say why
    throw translated(error, question)
  }
}

function translated(error: unknown, question: Question): unknown {
  if (!(error instanceof Error) || error instanceof LabosError) return error
  const { name } = error
  if (NO_CREDENTIALS.has(name)) return noCredentials(error)
  if (EXPIRED.has(name)) return expired(name)
  if (NOT_TAKEN.has(name)) return notTaken(name, question)
  if (DENIED.has(name)) return denied(error, question)
  if (ACCOUNT.has(name)) return account(name, question)
  if (BUSY.has(name)) return unreachable(`AWS asks to slow down (${name})`, question, error)
  if (error instanceof NetworkFailure) return unreachable(`AWS does not answer (${error.message})`, question, error)
  return unexpected(error, question)
}

const noCredentials = (error: Error): LabosError => {
  const profile = process.env['AWS_PROFILE']
  const looked = profile ? `the profile "${profile}" gave none` : 'neither in the environment nor in a profile'
  const isLogin = /sso|login|expired/i.test(error.message) // the SDK has one name for all of these
  return new LabosError('aws.credentials', `There are no AWS credentials that labos could use: ${looked}.`, {
    suggestions: isLogin
      ? ['Log in again: `aws sso login`.', 'See what AWS programs find: `aws configure list`.']
      : [
          'Set them up: `aws configure sso`, or `aws configure`.',
          'Or name a profile that has them: AWS_PROFILE. See them all: `aws configure list-profiles`.',
        ],
  })
}

const expired = (name: string): LabosError =>
  new LabosError('aws.credentials', `The AWS session has expired (${name}).`, {
    suggestions: [
      'Log in again: `aws sso login`, or get new temporary keys.',
      "If it was renewed just now: check this computer's clock.",
    ],
  })

const notTaken = (name: string, { region }: Question): LabosError =>
  new LabosError('aws.credentials', `AWS does not take the credentials (${name} in ${region}).`, {
    suggestions: [
      'Check the keys, and the session token where there is one: `aws sts get-caller-identity`.',
      `If they work elsewhere: ${region} may not be enabled for the account.`,
      "Or this computer's clock is more than five minutes off.",
    ],
  })

function denied({ name, message }: Error, { permission, region }: Question): LabosError {
  const by = /service control policy|permissions boundary|resource-based policy/i.exec(message)?.[0].toLowerCase()
  return new LabosError(
    'aws.refused',
    `AWS refuses ${permission} in ${region} (${name}${by === undefined ? '' : `, by a ${by}`}).`,
    {
      suggestions: [
        `Allow ${permission}: docs/prices.md has the smallest policy.`,
        'Or use another profile: AWS_PROFILE.',
      ],
    },
  )
}

const account = (name: string, { permission, region }: Question): LabosError =>
  new LabosError('aws.refused', `AWS does not serve this account in ${region} (${name}, ${permission}).`, {
    suggestions: ['See the account in the AWS console: it may be new, closed, or not enabled there.'],
  })

const unreachable = (what: string, { permission, region }: Question, cause: Error): LabosError =>
  new LabosError('aws.unreachable', `${what}: ${permission} in ${region}.`, {
    suggestions: [
      'Check the connection; proxies are taken from HTTPS_PROXY and NO_PROXY.',
      'Run the same command again later: what was known before is kept.',
    ],
    cause,
  })

/** An answer of a service that has no place above, or one that is no answer of a service. */
function unexpected(error: Error, question: Question): unknown {
  const { $metadata, $fault }: { $metadata?: { httpStatusCode?: number }; $fault?: string } = error as object
  if ($metadata === undefined) return error
  const status = $metadata.httpStatusCode ?? 0
  if (status >= 500) return unreachable(`AWS has a fault (${error.name}, HTTP ${String(status)})`, question, error)
  if ($fault === undefined)
    return unreachable('What answers does not speak like AWS; is it a proxy or a login page?', question, error)
  const { permission, region } = question
  return new LabosError('aws.refused', `AWS refuses ${permission} in ${region}: ${error.name}.`, {
    suggestions: ['Run it again with DEBUG=labos to see what AWS says.', 'Update labos: AWS may have changed.'],
    cause: error,
  })
}

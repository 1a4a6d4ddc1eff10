/** What the AWS SDK throws, as our errors. */
import { LabosError } from '../../errors/labos-error.js'

const CREDENTIALS = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'AuthFailure',
  'TokenProviderError',
])
const REFUSED = new Set(['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException', 'OptInRequired', 'Blocked'])

/** Runs one request. `permission` is what it needs. Aborts and errors of ours pass through. */
export async function asked<T>(permission: string, region: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw translated(error, permission, region)
  }
}

function translated(error: unknown, permission: string, region: string): unknown {
  if (!(error instanceof Error) || error instanceof LabosError || error.name === 'AbortError') return error
  const said = `${error.name}: ${error.message.split('\n')[0]?.slice(0, 200) ?? ''}`
  if (CREDENTIALS.has(error.name)) return credentials(error.name, said, region)
  if (REFUSED.has(error.name))
    return new LabosError('aws.refused', `AWS refuses ${permission} in ${region} (${said}).`, {
      suggestions: [
        `Allow ${permission}: docs/prices.md has the smallest policy.`,
        'Or use another profile: `AWS_PROFILE`.',
      ],
      cause: error,
    })
  return new LabosError('aws.unreachable', `AWS gave no answer to ${permission} in ${region} (${said}).`, {
    suggestions: [
      'Check the connection, and that the region exists and is enabled.',
      'Run the same command again later.',
    ],
    cause: error,
  })
}

function credentials(name: string, said: string, region: string): LabosError {
  if (name === 'CredentialsProviderError')
    return new LabosError(
      'aws.credentials',
      'There are no AWS credentials: neither in the environment nor in a profile.',
      {
        suggestions: [
          'Set them up: `aws configure sso`, or `aws configure`.',
          'Or name a profile that has them: AWS_PROFILE.',
        ],
      },
    )
  return new LabosError('aws.credentials', `AWS does not take the credentials (${said}).`, {
    suggestions: [
      'Renew them: `aws sso login`, or a new session.',
      `If they work elsewhere, ${region} may not be enabled for the account.`,
    ],
  })
}

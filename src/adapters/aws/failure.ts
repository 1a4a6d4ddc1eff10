/** What the AWS SDK throws, as our errors: by code and status, never by what a message happens to say. */
import { refusalKind } from '../../../infra/aws-refusals.js'
import { LabosError } from '../../errors/labos-error.js'
import { NetworkFailure } from './fetch-handler.js'
import { type Question, refusedAs, unable, unnamed, unreachable } from './refusals.js'

const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError'])

/**
 * Runs one request. Throws what `refusalKind` makes of AWS's refusal (`aws.credentials`, `aws.region`, `aws.refused`,
 * `quota.vcpu`, `capacity.none`, ...), `aws.unreachable`, or the reason of the signal; what is not AWS's doing comes out
 * as it is. The error's cause is what the SDK threw.
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
  if (NO_CREDENTIALS.has(error.name)) return noCredentials(error)
  const kind = refusalKind(error.name, error.message)
  if (kind !== undefined) return refusedAs[kind](error, question)
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

/** An answer of a service that has no place in the table, or one that is no answer of a service. */
function unexpected(error: Error, question: Question): unknown {
  const { $metadata, $fault }: { $metadata?: { httpStatusCode?: number }; $fault?: string } = error as object
  if ($metadata === undefined) return error
  const status = $metadata.httpStatusCode ?? 0
  if (status >= 500) return unable(`AWS has a fault (${error.name}, HTTP ${String(status)})`, question, error)
  if ($fault === undefined)
    return unreachable('What answers does not speak like AWS; is it a proxy or a login page?', question, error)
  return unnamed(error, question)
}

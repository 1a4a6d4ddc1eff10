import { LabosError } from '../errors/labos-error.js'
import type { RentedLab } from '../state/record.js'
import type { Context } from './context.js'
import { stillRuns } from './still-runs.js'

/**
 * That the credentials are of the lab's own account. Throws `aws.account`, and what asking throws, each with what goes on
 * running; nothing was touched then. Resolves to how far this computer's clock is ahead of AWS's, in milliseconds; 0 where
 * the answer did not say.
 */
export async function checkAccount(
  record: RentedLab,
  { aws, clock }: Pick<Context, 'aws' | 'clock'>,
  signal: AbortSignal,
): Promise<number> {
  try {
    const { account } = await aws(record.machine?.region ?? record.regions[0] ?? 'us-east-1')
    const { accountId, arn, serverMs } = await account.identity(signal)
    if (accountId !== record.accountId) throw otherAccount(record, accountId, arn)
    return serverMs === undefined ? 0 : clock.now() - serverMs
  } catch (error) {
    signal.throwIfAborted()
    throw error instanceof LabosError ? error.withAftermath(`Nothing was touched. ${stillRuns(record)}`) : error
  }
}

const otherAccount = ({ name, accountId }: RentedLab, given: string, arn: string): LabosError =>
  new LabosError(
    'aws.account',
    `The credentials are of account ${given} (${arn}); the lab "${name}" is in account ${accountId}.`,
    {
      suggestions: [
        'Use the profile of that account: AWS_PROFILE. See them all: `aws configure list-profiles`.',
        'See whose credentials these are: `aws sts get-caller-identity`.',
      ],
    },
  )

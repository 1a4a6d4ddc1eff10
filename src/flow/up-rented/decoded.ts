import { encodedIn } from '../../plan/aws/denial.js'
import type { StackFailure } from '../../ports.js'
import type { Refused } from '../../provision/aws/meaning.js'
import type { Context } from '../context.js'

/** A denial with what AWS says of it when it is asked to decode that; as it is where AWS does not say. */
export async function decoded(
  failure: StackFailure,
  { aws }: Pick<Context, 'aws'>,
  signal: AbortSignal,
): Promise<Refused> {
  const encoded = encodedIn(failure.message)
  if (encoded === undefined || failure.region === undefined) return failure
  try {
    const { account } = await aws(failure.region)
    return { ...failure, decoded: await account.decode(encoded, signal) }
  } catch {
    return failure // what was refused first is what the user is about
  }
}

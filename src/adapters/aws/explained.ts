/** Refusals that say less than AWS knows: it is asked once more what they mean. */
import type { Account, Aws, AwsRegion } from '../../cloud-ports.js'
import { refusalKind } from '../../../infra/aws-refusals.js'
import { LabosError } from '../../errors/labos-error.js'
import { encodedIn, readDecoded } from '../../plan/aws/denial.js'
import { denied } from './denied.js'

export interface Explaining {
  readonly region: string
  /** Every region, as one says that the account has for certain. */
  regions(signal: AbortSignal): Promise<readonly AwsRegion[]>
  readonly decode: Account['decode']
}

/**
 * Keys that a region does not take may be of an account that has not enabled it: `aws.region` then. A missing permission
 * is said as AWS decodes it, where it does.
 */
export const explainedAws = ({ pricing, ...ports }: Aws, explaining: Explaining): Aws => ({
  pricing,
  ec2: explained(ports.ec2, explaining),
  account: explained(ports.account, explaining),
  launch: explained(ports.launch, explaining),
  holdings: explained(ports.holdings, explaining),
  access: explained(ports.access, explaining),
})

type Call = (...args: never[]) => Promise<unknown>

function explained<Port extends Readonly<Record<keyof Port, Call>>>(port: Port, explaining: Explaining): Port {
  const calls = Object.entries<Call>(port).map(([name, call]) => {
    const ask: Call = async (...args) => {
      try {
        return await call(...args)
      } catch (error) {
        throw await explanation(error, signalIn(args), explaining)
      }
    }
    return [name, ask] as const
  })
  return Object.fromEntries(calls) as Port
}

/** The last argument of every call is its signal. */
const signalIn = (args: readonly unknown[]): AbortSignal => {
  const last = args.at(-1)
  return last instanceof AbortSignal ? last : new AbortController().signal
}

async function explanation(error: unknown, signal: AbortSignal, explaining: Explaining): Promise<unknown> {
  if (!(error instanceof LabosError) || !(error.cause instanceof Error)) return error
  const { name, message } = error.cause
  try {
    if (refusalKind(name, message) === 'credentials') return (await whetherEnabled(error, signal, explaining)) ?? error
    const encoded = encodedIn(message)
    const decoded = encoded === undefined ? undefined : await explaining.decode(encoded, signal)
    const told = decoded === undefined ? undefined : readDecoded(decoded)
    return told ? denied(error.cause, { permission: told.action, region: explaining.region }, decoded) : error
  } catch {
    signal.throwIfAborted()
    return error // what was refused first is what the user is about
  }
}

async function whetherEnabled(
  { cause }: LabosError,
  signal: AbortSignal,
  { region, regions }: Explaining,
): Promise<LabosError | undefined> {
  const known = (await regions(signal)).find(({ name }) => name === region)
  if (!known || known.isEnabled) return undefined
  return new LabosError('aws.region', `${region} is not enabled for this account.`, {
    suggestions: [
      `Enable it: \`aws account enable-region --region-name ${region}\`; that takes some minutes.`,
      'Or name another `--region`.',
    ],
    cause,
  })
}

/** Why no machine came of a plan, as an error: what was tried, what it means, what to do next. Pure. */
import { NO_ANSWER } from '../../../infra/ec2-calls.js'
import { type RefusalKind, refusalKind } from '../../../infra/aws-refusals.js'
import { LabosError } from '../../errors/labos-error.js'
import type { StackFailure } from '../../ports.js'
import type { Meaning, Refused } from './meaning.js'
import { logsText, meanings } from './meanings.js'

/** The error for what the stack did not do. Its `aftermath` is for the caller to add. */
export function notMade(failure: Refused): LabosError {
  const { code, message } = failure
  const cause = code === undefined ? undefined : new Error(`${code}: ${message}`) // in full, for DEBUG
  const meaning = meaningOf(failure)
  if (meaning)
    return new LabosError(meaning.code, meaning.text(failure), { suggestions: meaning.advice(failure), cause })
  return withoutCode(failure, cause)
}

/** Pulumi itself, or what it runs on. */
function withoutCode({ message, logs }: Refused, cause: Error | undefined): LabosError {
  if (/no space left on device|disk quota exceeded|ENOSPC|EDQUOT/i.test(message))
    return new LabosError('disk.short', `The disk is full, so the machine could not be made: ${message}`, {
      suggestions: ['Free some space and run the same command again.', 'Or name another folder: LABOS_HOME.'],
      cause,
    })
  const isSilent = message.trim() === ''
  const why = isSilent ? "Pulumi's command line tool ended without a word, as it does on a full disk." : message
  return new LabosError('machine.failed', `The machine could not be made: ${why}`, {
    suggestions: [
      isSilent
        ? `See whether there is space left where ${logs} is, and run the same command again.`
        : 'Run the same command again: what exists is adopted.',
      logsText(logs),
    ],
    cause,
  })
}

/** Refusals of labos's own making: nothing is known of what AWS would say. */
const OWN: ReadonlySet<string> = new Set(['Cancelled', 'Timeout'])

function meaningOf({ code, message, permission, tried = [] }: Refused): Meaning | undefined {
  if (code === undefined || OWN.has(code)) return undefined
  if (code === NO_ANSWER) return meanings.NoAnswer
  if (isOfImage(code)) return meanings.image
  const kind = refusalKind(code, message)
  // Some zones had none free, the others none at all: waiting may help.
  const isMixed = tried.some((attempt) => refusalKind(attempt.code, '') === 'capacity')
  if (isMixed && (kind === 'not-offered' || kind === 'subnet-full')) return meanings.capacity
  if (kind === undefined && permission === '') return undefined // it ended while it started, for a reason of its own
  return meanings[kind ?? 'input']
}

const isOfImage = (code: string): boolean => code.startsWith('InvalidAMIID.')

const ELSEWHERE: readonly (RefusalKind | undefined)[] = [
  'capacity',
  'not-offered',
  'subnet-full',
  'spot-price',
  'quota-vcpu',
  'quota-other',
  'region',
  'network',
]

/** True where another region may do better. */
export const isWorthAnotherRegion = ({ code, message }: StackFailure): boolean =>
  code !== undefined &&
  (ELSEWHERE.includes(refusalKind(code, message)) || code === 'PendingVerification' || isOfImage(code))

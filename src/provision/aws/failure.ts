/** Why no machine came of a plan, as an error: what was tried, what it means, what to do next. Pure. */
import { type RefusalKind, refusalKind } from '../../../infra/aws-refusals.js'
import { LabosError } from '../../errors/labos-error.js'
import type { StackFailure } from '../../ports.js'
import { meanings } from './meanings.js'

/** The error for what the stack did not do. Its `aftermath` is for the caller to add. */
export function notMade(failure: StackFailure): LabosError {
  const { code: awsCode, message } = failure
  const kind = awsCode === undefined ? undefined : refusalKind(awsCode, message)
  const meaning = meanings[kind ?? (awsCode === 'NoAnswer' ? 'NoAnswer' : 'input')]
  if (meaning) return new LabosError(meaning.code, meaning.text(failure), { suggestions: meaning.advice(failure) })
  const said = awsCode === undefined ? message : `${awsCode}: ${message}`
  return new LabosError('machine.failed', `The machine could not be made: ${said}`, {
    suggestions: ['Run the same command again: what exists is adopted.', `What Pulumi said is in ${failure.logs}.`],
  })
}

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
  code !== undefined && ELSEWHERE.includes(refusalKind(code, message))

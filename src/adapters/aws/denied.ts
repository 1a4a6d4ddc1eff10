/** A permission that is missing, as an error. */
import { LabosError } from '../../errors/labos-error.js'
import { type Denial, denialAdvice, denialText } from '../../plan/aws/denial.js'

/** `decoded`: what AWS says of it when it is asked to decode that. */
export function denied(cause: Error, question: Pick<Denial, 'permission' | 'region'>, decoded?: string): LabosError {
  const denial = { ...question, code: cause.name, message: cause.message, decoded }
  return new LabosError('aws.refused', denialText(denial), { suggestions: denialAdvice(denial), cause })
}

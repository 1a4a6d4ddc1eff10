import { LabosError } from './labos-error.js'

/** One error for several: with the code of the gravest, which is the one that says that something is left. */
export function several(errors: readonly [LabosError, ...LabosError[]]): LabosError {
  const [first, ...more] = errors
  if (more.length === 0) return first
  const gravest = errors.find(({ code }) => code === 'teardown.incomplete') ?? first
  const [hint, ...hints] = [...new Set(errors.flatMap(({ suggestions }) => suggestions))]
  const aftermath = [...new Set(errors.flatMap((error) => error.aftermath ?? []))].join(' ')
  return new LabosError(gravest.code, errors.map(({ message }) => message).join('\n'), {
    suggestions: [hint ?? gravest.suggestions[0], ...hints],
    ...(aftermath === '' ? {} : { aftermath }),
    cause: gravest,
  })
}

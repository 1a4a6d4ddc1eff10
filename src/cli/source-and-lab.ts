import { LabosError } from '../errors/labos-error.js'
import { type LogSource, logSources } from '../flow/log-sources.js'
import { nearest } from '../plan/find-model.js'

interface Words {
  readonly source?: string | undefined
  readonly lab?: string | undefined
}

const isSource = (word: string): word is LogSource => (logSources as readonly string[]).includes(word)

/**
 * Which log of which lab, in either order; a lab alone means its engine's. `labs`: names of those that there are. Throws
 * `usage.value` for a word that is neither.
 */
export function sourceAndLab(
  { source = 'engine', lab }: Words,
  labs: readonly string[],
): { readonly source: LogSource; readonly lab?: string } {
  if (isSource(source)) return lab === undefined ? { source } : { source, lab }
  if (lab !== undefined && isSource(lab)) return { source: lab, lab: source }
  if (lab === undefined && labs.includes(source)) return { source: 'engine', lab: source }
  const [near] = nearest(source, [...logSources, ...labs])
  throw new LabosError('usage.value', `"${source}" is no log${lab === undefined ? ', and no lab' : ''}.`, {
    suggestions: [
      `${near === undefined ? '' : `Did you mean ${near}? `}Logs: ${logSources.join(', ')}.`,
      labs.length === 0 ? 'There is no lab yet: `labos up`.' : `Labs: ${labs.join(', ')}.`,
    ],
  })
}

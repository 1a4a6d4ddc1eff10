import { LabosError } from '../../errors/labos-error.js'

const DEFAULT_S = 15
const MOST_S = 600

/** How long one try of one request to AWS may take, its whole answer included: `LABOS_AWS_TIMEOUT`, in seconds. */
export function awsTimeoutMs(env: Readonly<Record<string, string | undefined>>): number {
  const text = env['LABOS_AWS_TIMEOUT']
  if (text === undefined || text === '') return DEFAULT_S * 1000
  const seconds = Number(text)
  if (seconds > 0 && seconds <= MOST_S) return seconds * 1000
  throw new LabosError(
    'usage.value',
    `LABOS_AWS_TIMEOUT=${text} is no number of seconds from 1 to ${String(MOST_S)}.`,
    {
      suggestions: [`Leave it unset for ${String(DEFAULT_S)} seconds.`],
    },
  )
}

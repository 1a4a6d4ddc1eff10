/** The address that this computer has on the internet: who may reach the machine. */
import { isIPv4 } from 'node:net'
import { LabosError } from '../../errors/labos-error.js'
import type { Context } from '../context.js'

const URL = 'https://checkip.amazonaws.com'
const TIMEOUT_MS = 10_000

/** One address as a CIDR block. Throws `aws.network` where it cannot be found out. */
export async function callerCidr({ fetch }: Pick<Context, 'fetch'>, signal: AbortSignal): Promise<string> {
  try {
    const answer = await fetch(URL, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) })
    const text = (await answer.text()).trim()
    if (answer.ok && isIPv4(text)) return `${text}/32`
    throw new Error(`it answered ${String(answer.status)}`)
  } catch (error) {
    signal.throwIfAborted()
    const why = error instanceof Error ? error.message : String(error)
    throw new LabosError(
      'aws.network',
      `The address this computer is seen with could not be found out: ${URL}: ${why}.`,
      {
        suggestions: ['Say who may reach the machine: `--allow-cidr 203.0.113.7/32`.'],
        cause: error,
      },
    )
  }
}

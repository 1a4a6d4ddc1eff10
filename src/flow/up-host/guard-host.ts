/** What a failed or interrupted first `up` made on a host of the user's own is removed again, and the error says so. */
import { LabosError } from '../../errors/labos-error.js'
import type { HostLab } from '../../state/host-record.js'
import type { Context } from '../context.js'
import { downHost } from '../down-host.js'
import { isWorthALook, withoutLab } from '../up-rented/undo.js'
import type { HostUpRequest } from './request.js'

const LONGEST_MS = 2 * 60_000

export async function guardHost<T>(
  record: HostLab,
  { keep }: Pick<HostUpRequest, 'keep'>,
  context: Context,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof LabosError)) throw error
    const { name } = record
    const remove = `Remove it: \`labos down ${name}\`.`
    if (keep) throw error.withAftermath(`What was made is kept, as you said. ${remove}`)
    if (isWorthALook(error, context))
      throw error.withAftermath(`What was made is kept, so that its logs can be read. ${remove}`)
    const left = await removed(record, context)
    if (left === undefined) throw withoutLab(error, `What was made on ${record.plan.target} is removed again.`)
    throw error.withAftermath(left)
  }
}

/** Undefined when nothing is left; else a sentence on that. */
async function removed(record: HostLab, context: Context): Promise<string | undefined> {
  try {
    await downHost(record, {}, context, AbortSignal.timeout(LONGEST_MS))
    return undefined
  } catch (error) {
    if (!(error instanceof LabosError)) throw error
    return `What was made could not be removed: ${error.message} Try again: \`labos down ${record.name}\`.`
  }
}

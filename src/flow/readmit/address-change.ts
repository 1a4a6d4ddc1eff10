/** Whether a machine is silent because it lets in another address than this computer has now. Reads only. */
import { blockText, isWithin } from '../../plan/aws/cidr.js'
import { LabosError } from '../../errors/labos-error.js'
import type { RentedLab } from '../../state/record.js'
import type { Context } from '../context.js'
import { callerCidr } from '../up-rented/caller-address.js'

export interface AddressChange {
  readonly region: string
  readonly groupIds: readonly string[]
  /** What is not let in yet, and should be. */
  readonly wanted: readonly string[]
  /** It is this computer's own address; else it is what the user said. */
  readonly isOwn: boolean
  /** What is let in. */
  readonly now: readonly string[]
  /** Of that: this computer's address when labos let it in. */
  readonly former: readonly string[]
}

/**
 * `ingress`: blocks that the user wants in; empty = this computer's address. Undefined where they are let in already, and where
 * that cannot be found out: then the silence has another reason, or nobody knows.
 */
export async function addressChange(
  record: RentedLab,
  ingress: readonly string[],
  context: Pick<Context, 'aws' | 'fetch'>,
  signal: AbortSignal,
): Promise<AddressChange | undefined> {
  const region = record.machine?.region
  if (region === undefined || record.ssh?.host !== undefined) return undefined
  const isOwn = ingress.length === 0
  try {
    const { access } = await context.aws(region)
    const [groups, asked] = await Promise.all([
      access.groups(record.id, signal),
      isOwn ? callerCidr(context, signal).then((cidr) => [cidr]) : ingress,
    ])
    const now = [...new Set(groups.flatMap((group) => group.ingress))]
    const wanted = asked.filter((cidr) => !isWithin(cidr, now))
    if (groups.length === 0 || wanted.length === 0) return undefined
    const former = (record.access?.own ?? []).filter((cidr) => now.includes(cidr))
    return { region, groupIds: groups.map(({ id }) => id), wanted, isOwn, now, former }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof LabosError) return undefined
    throw error
  }
}

/** "Your address is A now; the machine of "one" lets in B alone." */
export function changeText(name: string, { wanted, isOwn, now }: AddressChange): string {
  const letsIn = now.length === 0 ? 'lets in nobody' : `lets in ${blocksText(now)} alone`
  return isOwn
    ? `Your address is ${blocksText(wanted)} now; the machine of "${name}" ${letsIn}.`
    : `The machine of "${name}" ${letsIn}.`
}

export const blocksText = (cidrs: readonly string[]): string => cidrs.map(blockText).join(', ')

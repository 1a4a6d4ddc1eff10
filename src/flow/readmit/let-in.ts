/** Lets this computer in again on a machine that lets in the address it had before. */
import { LabosError } from '../../errors/labos-error.js'
import type { RentedLab } from '../../state/record.js'
import { saveLab } from '../../state/store.js'
import type { Context } from '../context.js'
import { type AddressChange, addressChange, blocksText, changeText } from './address-change.js'
import { upAgain } from './up-again.js'

export interface LetInWish {
  /** CIDR blocks; empty = this computer's address. */
  readonly ingress: readonly string[]
  /** The user said yes beforehand. */
  readonly agreed: boolean
}

/** Asks. Throws `machine.unreachable` with the command that lets it in where nobody can be asked. */
export async function agreesToLetIn(
  record: RentedLab,
  change: AddressChange,
  agreed: boolean,
  { prompt }: Pick<Context, 'prompt'>,
): Promise<boolean> {
  if (agreed) return true
  if (!prompt) throw notLetIn(record, change)
  const isInstead = change.now.length > 0 && change.now.length === change.former.length
  const question = `Let ${blocksText(change.wanted)} in${isInstead ? ' instead' : ''}?`
  return prompt.confirm(`${changeText(record.name, change)} ${question}`, true)
}

export const notLetIn = (record: RentedLab, change: AddressChange): LabosError =>
  new LabosError('machine.unreachable', `The machine does not answer. ${changeText(record.name, change)}`, {
    suggestions: [
      `Let ${change.isOwn ? 'it' : blocksText(change.wanted)} in: \`${upAgain(record)} --yes\`.`,
      'Or say who may reach it: `--allow-cidr 203.0.113.0/24`.',
    ],
  })

/**
 * First lets in what is wanted, then takes back the address that labos itself let in before; nothing else is touched. Whoever
 * is interrupted begins again. The lab's lock is held.
 */
export async function letIn(
  record: RentedLab,
  { region, groupIds, wanted, isOwn, former }: AddressChange,
  { aws, emit, paths }: Pick<Context, 'aws' | 'emit' | 'paths'>,
  signal: AbortSignal,
): Promise<RentedLab> {
  const { access } = await aws(region)
  const allowed = record.access?.allowed ?? []
  const withAccess = (own: readonly string[]): RentedLab => ({
    ...record,
    access: {
      own: isOwn ? [...own, ...wanted] : [...own],
      allowed: isOwn ? allowed : [...new Set([...allowed, ...wanted])],
    },
  })
  for (const id of groupIds) for (const cidr of wanted) await access.allow(id, cidr, signal)
  await saveLab(paths, withAccess(former))
  for (const id of groupIds) for (const cidr of former) await access.disallow(id, cidr, signal)
  const done = withAccess([])
  await saveLab(paths, done)
  const gone = former.length === 0 ? '' : `, and ${blocksText(former)} not any more`
  emit({ type: 'note', step: 'boot', text: `the machine lets in ${blocksText(wanted)} now${gone}` })
  return done
}

/**
 * What `up` and `start` do at each try that a machine does not answer, silent for so long; resolves to the record where something
 * was changed.
 */
export type OnSilence = (record: RentedLab, silentMs: number, signal: AbortSignal) => Promise<RentedLab | undefined>

/** Machines that boot are silent, too. */
const BOOT_MS = 60_000

/**
 * Asks once: at once where labos let in this computer's address before, later where the user named who: this computer may reach
 * the machine by an address that the internet does not see it with. Throws `machine.unreachable` where nobody can be asked, and
 * `interrupted` at a no.
 */
export function letInAgain({ ingress, agreed }: LetInWish, context: Context): OnSilence {
  let isAsked = false
  return async (record, silentMs, signal) => {
    const isGuess = ingress.length === 0 && (record.access?.own ?? []).length === 0
    const isIdle = isGuess && (silentMs < BOOT_MS || (!agreed && !context.prompt))
    if (isAsked || isIdle) return undefined
    isAsked = true
    const change = await addressChange(record, ingress, context, signal)
    if (!change) return undefined
    if (await agreesToLetIn(record, change, agreed, context)) return letIn(record, change, context, signal)
    throw new LabosError('interrupted', 'Not let in: you said no. The machine does not answer this computer.', {
      suggestions: [`Let it in later: \`${upAgain(record)}\`.`],
    })
  }
}

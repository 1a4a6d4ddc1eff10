/** What the user of a lab on a machine should know, in whole sentences. Pure. */
import type { MachineLeaseState } from '../../lease/machine-lease.js'
import type { Drift } from '../../serve/drift.js'
import type { KeeperRecord } from '../../state/record.js'
import { formatDuration, formatTime } from '../../ui/format.js'
import type { Note } from '../keeper-status.js'

export interface NoteFacts {
  readonly name: string
  readonly lease?: MachineLeaseState | undefined
  readonly drift: readonly Drift[]
  readonly kvRepair?: KeeperRecord['kvRepair'] | undefined
}

export function machineNotes({ name, lease, drift, kvRepair }: NoteFacts): Note[] {
  return [
    ...(lease ? leaseNotes(name, lease) : []),
    ...(kvRepair ? [{ about: 'kv-repair' as const, text: kvRepair.text }] : []),
    ...drift.map(({ text }) => ({ about: 'drift' as const, text })),
  ]
}

function leaseNotes(name: string, { armed, warn, interruptAtMs, ...lease }: MachineLeaseState): Note[] {
  return [
    ...(interruptAtMs === undefined
      ? []
      : [{ about: 'interrupt' as const, text: `AWS takes this spot machine away at ${timeOf(interruptAtMs)}.` }]),
    ...(armed ? [] : [{ about: 'lease' as const, text: unarmed(name) }]),
    ...(warn ? [{ about: 'lease' as const, text: endsSoon(name, lease) }] : []),
  ]
}

const timeOf = (ms: number): string => formatTime(new Date(ms).toISOString())

const unarmed = (name: string): string =>
  `NOTHING ENDS THIS MACHINE BY ITSELF: its timer does not run. End it with \`labos down ${name}\`.`

function endsSoon(
  name: string,
  {
    endsAtMs = 0,
    endsBy,
    leftMs = 0,
    idleMs = 0,
  }: Pick<MachineLeaseState, 'endsAtMs' | 'endsBy' | 'leftMs' | 'idleMs'>,
): string {
  const when = `in ${formatDuration(leftMs)}, at ${timeOf(endsAtMs)}`
  if (endsBy === 'idle')
    return `It ends ${when}: nothing was asked of it. Any request keeps it for ${formatDuration(idleMs)} more.`
  if (endsBy === 'boot') return `It ends ${when}, unless it serves by then.`
  return `It ends ${when}: \`labos extend 2h ${name}\` moves its deadline.`
}

/** What the user of a lab on a machine should know, in whole sentences. Pure. */
import { isEnding, type MachineLease } from '../../lease/machine-lease.js'
import { isoOf, leftMs } from '../../lease/seen-lease.js'
import type { Drift } from '../../serve/drift.js'
import type { KeeperRecord } from '../../state/record.js'
import { formatDuration, formatTime } from '../../ui/format.js'
import type { Note } from '../keeper-status.js'

export interface NoteFacts {
  readonly name: string
  /** From its start to its deadline. */
  readonly ttlMs?: number | undefined
  readonly lease?: MachineLease | undefined
  readonly drift: readonly Drift[]
  readonly kvRepair?: KeeperRecord['kvRepair'] | undefined
  /** Of a rented machine that does not answer any more: since when (ms since the epoch), and the command that goes on with its lab. */
  readonly silent?: { readonly sinceMs: number; readonly nowMs: number; readonly upAgain: string } | undefined
}

export function machineNotes({ name, ttlMs, lease, drift, kvRepair, silent }: NoteFacts): Note[] {
  return [
    ...(silent && silent.nowMs - silent.sinceMs > SILENT_MS ? [silence(silent)] : []),
    ...(lease ? leaseNotes(name, ttlMs, lease) : []),
    ...(kvRepair ? [{ about: 'kv-repair' as const, text: kvRepair.text }] : []),
    ...drift.map(({ text }) => ({ about: 'drift' as const, text })),
  ]
}

/** Shorter breaks pass by themselves. */
const SILENT_MS = 10_000

const silence = ({ sinceMs, upAgain }: NonNullable<NoteFacts['silent']>): Note => ({
  about: 'address',
  text:
    `The machine is silent since ${formatTime(new Date(sinceMs).toISOString())}. In another network this computer has another ` +
    `address, which the machine does not let in: \`${upAgain}\` looks, and lets it in.`,
})

function leaseNotes(name: string, ttlMs: number | undefined, lease: MachineLease): Note[] {
  const { interrupt, isArmed } = lease
  if (interrupt !== null)
    return [{ about: 'interrupt', text: `AWS takes this spot machine away at ${formatTime(isoOf(interrupt))}.` }]
  return [
    ...(isArmed ? [] : [{ about: 'lease' as const, text: unarmed(name) }]),
    ...(isEnding(lease, ttlMs === undefined ? undefined : ttlMs / 1000)
      ? [{ about: 'lease' as const, text: endsSoon(name, lease) }]
      : []),
  ]
}

const unarmed = (name: string): string =>
  `NOTHING ENDS THIS MACHINE BY ITSELF: its timer does not run. End it with \`labos down ${name}\`.`

function endsSoon(name: string, lease: MachineLease): string {
  const left = leftMs(lease) ?? 0
  if (left <= 0) return `It ends any moment now: its time was over at ${formatTime(isoOf(lease.ends ?? 0))}.`
  const when = `in ${formatDuration(left)}, at ${formatTime(isoOf(lease.ends ?? 0))}`
  if (lease.endsBy === 'idle')
    return `It ends ${when}: nothing was asked of it. Any request keeps it for ${more(lease)}.`
  if (lease.endsBy === 'boot') return `It ends ${when}, unless it serves by then.`
  return `It ends ${when}: \`labos extend 2h ${name}\` moves its deadline.`
}

/** Until nothing was asked for as long again, or its deadline. */
function more({ idleLimitSeconds, deadline, at }: MachineLease): string {
  const idleMs = (idleLimitSeconds ?? 0) * 1000
  if (deadline === null || (deadline - at) * 1000 > idleMs) return `${formatDuration(idleMs)} more`
  return `${formatDuration(Math.max(0, deadline - at) * 1000)}, until its deadline`
}

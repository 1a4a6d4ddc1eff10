import { isRented, type LabRecord, type RentedLab } from '../../state/record.js'
import { upAgain } from '../readmit/up-again.js'
import type { NoteFacts } from './machine-notes.js'

interface PathSince {
  readonly state: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

/** Machines that boot are silent, too. */
const BOOT_MS = 5 * 60_000

/** Of a rented machine that is away, and should not be: since when. Pure. */
export const silentOf = (record: LabRecord, { state, since }: PathSince, nowMs: number): NoteFacts['silent'] =>
  state === 'away' && isRented(record) && record.ssh?.host === undefined && nowMs - launchedMs(record) > BOOT_MS
    ? { sinceMs: since, nowMs, upAgain: upAgain(record) }
    : undefined

const launchedMs = ({ machine }: RentedLab): number => Date.parse(machine?.launchedAt ?? '')

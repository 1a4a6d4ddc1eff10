import { isRented, type LabRecord } from '../../state/record.js'
import { upAgain } from '../readmit/up-again.js'
import type { NoteFacts } from './machine-notes.js'

interface PathSince {
  readonly state: string
  /** Milliseconds since the epoch. */
  readonly since: number
}

/** Of a rented machine that is away: since when. Pure. */
export const silentOf = (record: LabRecord, { state, since }: PathSince, nowMs: number): NoteFacts['silent'] =>
  state === 'away' && isRented(record) && record.ssh?.host === undefined
    ? { sinceMs: since, nowMs, upAgain: upAgain(record) }
    : undefined

/** What moto lacks of an instance's life: time, lost addresses, tokens. One small record each, which wins over moto's state. */
import { randomInt } from 'node:crypto'
import type { CloudSettings } from './settings.js'

export type InstanceState = 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated'

export const STATE_CODES: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
}

export interface InstanceRecord {
  readonly id: string
  readonly region: string
  readonly instanceType: string
  readonly isSpot: boolean
  readonly groups: readonly string[]
  readonly token?: string
  /** The request without its token: the same token with another request is refused. */
  readonly wish: string
  goal: 'running' | 'stopped' | 'terminated'
  /** Since when it moves towards its goal. */
  sinceMs: number
  /** A new one each start. */
  address: string
  /** The machine behind it is not done with stopping, or ending. */
  isHeld?: boolean
  /** Of its last start, ISO 8601. */
  launchedAt: string
}

/** Where an instance is on its way, at `nowMs`. */
export function stateAt(
  { goal, sinceMs, isHeld }: InstanceRecord,
  settings: CloudSettings,
  nowMs: number,
): InstanceState {
  const movingMs = nowMs - sinceMs
  if (goal === 'running') return movingMs < settings.pendingMs ? 'pending' : 'running'
  const isOnItsWay = isHeld === true || movingMs < settings.shuttingDownMs
  if (goal === 'stopped') return isOnItsWay ? 'stopping' : 'stopped'
  return isOnItsWay ? 'shutting-down' : 'terminated'
}

/** Sets out for another goal; what is on its way there goes on. */
export function move(record: InstanceRecord, goal: InstanceRecord['goal'], nowMs: number): void {
  if (record.goal === goal) return
  record.goal = goal
  record.sinceMs = nowMs
}

/** True once the public address may be seen: while it runs, and late if so wished. */
export const hasAddress = (record: InstanceRecord, settings: CloudSettings, nowMs: number): boolean =>
  record.goal === 'running' && nowMs - record.sinceMs >= settings.pendingMs + settings.addressLateMs

/** True while EC2's reads do not know of it yet. */
export const isUnseen = ({ sinceMs, goal }: InstanceRecord, settings: CloudSettings, nowMs: number): boolean =>
  goal === 'running' && nowMs - sinceMs < settings.notFoundMs

/** Loopback addresses, one a start, never the same twice; two clouds on one computer are unlikely to meet. */
export function addresses(): () => string {
  const street = `127.${String(randomInt(20, 250))}`
  let given = randomInt(250) * 250
  return () => {
    given += 1
    return `${street}.${String(Math.floor(given / 250) % 250)}.${String((given % 250) + 1)}`
  }
}

/** How an engine on a machine is, from all that is known of it. Pure. */
import { goingOn, type PhaseBook } from './phases.js'
import type { EngineSnapshot } from '../supervisor.js'

/** How the connection to the machine is. */
export interface PathNow {
  readonly state: 'connecting' | 'connected' | 'away' | 'failed'
  readonly reason?: string
  /** Error code of what it failed with. */
  readonly code?: string
  readonly retryAfterMs: number
}

/** What the engine said when it was asked last over this connection. `ill`: it answers, and not well. */
export type Health = 'well' | 'ill' | 'refused' | 'silent'

export interface Failure {
  readonly detail: string
  readonly cause?: string
}

export interface RemoteFacts {
  readonly path: PathNow
  readonly book: PhaseBook
  /** Absent: not asked yet over this connection. */
  readonly health?: Health | undefined
  /** Times in a row that it did not answer. */
  readonly misses: number
  /** Since the machine's last start. */
  readonly hasServed: boolean
  /** It served, and its end was not seen since: silence and a lost connection are no end. */
  readonly isUp: boolean
  /** Its own key was read: without it nothing can be asked of it. */
  readonly hasKey: boolean
  /** Why it was given up. */
  readonly failure?: Failure | undefined
  /** What it said when it ended last, or why it was ended. */
  readonly lastWords?: string | undefined
}

export type RemoteState = Pick<EngineSnapshot, 'state' | 'detail' | 'cause' | 'retryAfterMs'>

/** An engine that is silent so often in a row hangs. */
export const MISSES = 3

export function remoteState(facts: RemoteFacts): RemoteState {
  const { path, health, hasServed, hasKey, failure } = facts
  if (path.state !== 'connected') return withoutPath(path)
  if (health === 'well' && hasKey) return { state: 'serving', retryAfterMs: 1000 }
  if (failure)
    return {
      state: 'failed',
      detail: failure.detail,
      ...(failure.cause === undefined ? {} : { cause: failure.cause }),
      retryAfterMs: 60_000,
    }
  return hasServed ? afterServing(facts) : beforeServing(facts)
}

function withoutPath({ state, reason, code, retryAfterMs }: PathNow): RemoteState {
  switch (state) {
    case 'connecting':
    case 'connected':
      return { state: 'starting', detail: 'the connection to the machine is being made', retryAfterMs }
    case 'away':
      return { state: 'unreachable', detail: reason ?? 'the connection to the machine is lost', retryAfterMs }
    case 'failed':
      return {
        state: 'failed',
        detail: reason ?? 'the machine cannot be reached',
        ...(code === undefined ? {} : { cause: code }),
        retryAfterMs,
      }
  }
}

/** A refusal after it served is its death: systemd starts it again. */
function afterServing({ health, misses, isUp, lastWords }: RemoteFacts): RemoteState {
  // The path is back: what served when it was lost is taken to serve until it is asked, in a moment.
  if (health === undefined && isUp) return { state: 'serving', retryAfterMs: 1000 }
  if (health === undefined || health === 'well')
    return { state: 'starting', detail: 'the engine is asked how it is', retryAfterMs: 1000 }
  if (health === 'silent')
    return misses < MISSES
      ? { state: 'serving', retryAfterMs: 1000 }
      : { state: 'unresponsive', detail: 'the engine does not answer its health check', retryAfterMs: 5000 }
  const detail = lastWords === undefined ? 'the engine ended and is started again' : lastWords
  return { state: 'restarting', detail, retryAfterMs: 5000 }
}

function beforeServing({ book, lastWords, health }: RemoteFacts): RemoteState {
  const said = goingOn(book) ?? (health === 'well' ? 'the engine answers' : 'the machine sets itself up')
  const detail = lastWords === undefined ? said : `${lastWords} Now: ${said}`
  return { state: 'starting', detail, retryAfterMs: 5000 }
}

/** What of an open tunnel is worth telling: what changed since it was looked at last. Pure. */
import { codeOr } from '../../errors/codes.js'
import { LabosError } from '../../errors/labos-error.js'
import { formatDuration } from '../../ui/format.js'
import { clause } from '../../ui/text.js'

export interface TunnelLook {
  readonly path: {
    readonly state: 'connecting' | 'connected' | 'away' | 'failed'
    readonly reason?: string
    readonly code?: string
    /** Milliseconds since the epoch. */
    readonly sinceMs: number
  }
  /** Of the engine at the other end; absent where none is meant. */
  readonly engine?: { readonly state: string; readonly detail?: string }
}

/** Lines for the user, oldest first. */
export function newsOf(before: TunnelLook | undefined, now: TunnelLook): string[] {
  return [...pathNews(before?.path, now.path), ...engineNews(before?.engine, now.engine)]
}

/** It was connected before, and is not, or was not in between. */
export const isLost = (before: TunnelLook | undefined, { path }: TunnelLook): boolean =>
  before?.path.state === 'connected' && (path.state !== 'connected' || path.sinceMs !== before.path.sinceMs)

function pathNews(before: TunnelLook['path'] | undefined, now: TunnelLook['path']): string[] {
  const why = now.reason === undefined ? '' : `: ${clause(now.reason)}`
  if (now.state === 'away') {
    if (before?.state === 'away') return []
    return [
      before?.state === 'connected'
        ? `the connection is lost${why}; trying again`
        : `no connection yet${why}; trying again`,
    ]
  }
  if (now.state !== 'connected') return []
  if (before?.state === 'away') return [`the connection is back after ${formatDuration(now.sinceMs - before.sinceMs)}`]
  return before?.state === 'connected' && before.sinceMs !== now.sinceMs ? ['the connection was lost, and is back'] : []
}

function engineNews(before: TunnelLook['engine'], now: TunnelLook['engine']): string[] {
  if (!now || now.state === before?.state || now.state === 'unreachable') return []
  if (!before && now.state === 'serving') return []
  return [`the engine is ${now.state}${now.detail === undefined ? '' : `: ${clause(now.detail)}`}`]
}

/** Why no other try is made; undefined while one is. */
export function finalFailure(name: string, { path }: TunnelLook): LabosError | undefined {
  if (path.state !== 'failed') return undefined
  return new LabosError(codeOr(path.code, 'machine.unreachable'), path.reason ?? 'It is not reached.', {
    suggestions: [`See how it is: \`labos status ${name} --refresh\`.`],
  })
}

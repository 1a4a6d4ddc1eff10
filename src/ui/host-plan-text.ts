/** A plan for a host of the user's own as the user agrees to it: what serves, and all that is made there. */
import type { HostPlan } from '../plan/host/host-plan.js'
import type { ServingTerms } from '../plan/rent/serving-terms.js'
import { formatContext } from './counts.js'
import type { Ends } from '../plan/rent/serving.js'
import { machineEndsText } from './ends-text.js'
import { formatBytes } from './format.js'
import { factLines } from './text.js'

export function hostPlanText(plan: HostPlan, serving: ServingTerms & Ends): string {
  const { model, target, makes, contextTokens, kvTokens } = plan
  const room = kvTokens === null ? '' : `, room for ${formatContext(kvTokens)} in all`
  return factLines([
    ['model', model.title],
    ['weights', `${model.repo}, ${model.precision}, ${formatBytes(model.weightsBytes)}`],
    ['host', `${target}: ${gpuText(plan)}, driver ${plan.driver}`],
    ['memory', memoryText(plan)],
    ['context', `${formatContext(contextTokens)} tokens${room}`],
    ['makes', `${makes.folder}, ${formatBytes(makes.diskBytes)} of disk`],
    ['units', `${makes.units.join(', ')} (systemd --user)${makes.linger ? '; linger is turned on for the user' : ''}`],
    ['downloads', makes.downloads.map(({ what, bytes }) => `${what} ${formatBytes(bytes)}`).join(', ')],
    ['port', `127.0.0.1:${String(plan.enginePort)} there, reached through SSH alone`],
    ['engine', `vLLM ${serving.engineVersion}`],
    ['ends', machineEndsText(serving)],
    ['price', 'nothing: it is your own'],
    ['removed', 'all of it with `labos down`'],
    ...[...plan.decisions, ...plan.notes].map((note) => ['note', note] as const),
  ]).join('\n')
}

function gpuText({ gpu, gpuCount, gpuIndexes }: HostPlan): string {
  const which = gpuIndexes === null ? '' : ` (of its GPUs: ${gpuIndexes.join(', ')})`
  return `${gpuCount === 1 ? '' : `${String(gpuCount)} x `}${gpu}${which}`
}

function memoryText({ weightsGiBPerGpu, overheadGiB, gpuMemoryMiB, gpuCount }: HostPlan): string {
  const whole = `${(gpuMemoryMiB / 1024).toFixed(1)} GiB${gpuCount === 1 ? '' : ' on each GPU'}`
  if (weightsGiBPerGpu === null || overheadGiB === null) return `as you stated, of ${whole}`
  return `weights ${weightsGiBPerGpu.toFixed(1)} + engine ${overheadGiB.toFixed(1)} GiB, of ${whole}`
}

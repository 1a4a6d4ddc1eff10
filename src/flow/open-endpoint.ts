import { LabosError } from '../errors/labos-error.js'
import type { LocalLab } from '../state/record.js'
import type { Context } from './context.js'
import { endpointOf } from './from-answer.js'
import { nameOf } from './plan-lab.js'

/** Starts the lab's keeper: from here on the endpoint is open, answering 503 until the engine serves. */
export async function openEndpoint({ name, plan }: LocalLab, context: Context, signal: AbortSignal): Promise<void> {
  const since = context.clock.monotonicMs()
  context.emit({ type: 'start', step: 'endpoint', text: `opening ${endpointOf(plan.port)}` })
  const holder = await context.ports.holder(plan.port)
  if (holder) {
    throw new LabosError('port.taken', `Port ${String(plan.port)} is in use by ${nameOf(holder)}.`, {
      suggestions: [
        `End that program, or move the lab: \`labos up ${plan.model.id} --name ${name} --port ${String(await context.ports.free())}\`.`,
      ],
    })
  }
  await context.launcher.launch(name, signal)
  context.emit({
    type: 'done',
    step: 'endpoint',
    text: endpointOf(plan.port),
    elapsedMs: context.clock.monotonicMs() - since,
  })
}

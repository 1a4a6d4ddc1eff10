import { LabosError } from '../errors/labos-error.js'
import type { Context } from './context.js'
import { endpointOf } from './from-answer.js'
import { nameOf } from './choose-port.js'

/** Starts the lab's keeper: from here on the endpoint is open, answering 503 until the engine serves. */
export async function openEndpoint(
  { name, port, model }: { readonly name: string; readonly port: number; readonly model: string },
  context: Context,
  signal: AbortSignal,
): Promise<void> {
  const since = context.clock.monotonicMs()
  context.emit({ type: 'start', step: 'endpoint', text: `opening ${endpointOf(port)}` })
  const holder = await context.ports.holder(port)
  if (holder) {
    throw new LabosError('port.taken', `Port ${String(port)} is in use by ${nameOf(holder)}.`, {
      suggestions: [
        `End that program, or move the lab: \`labos up ${model} --name ${name} --port ${String(await context.ports.free())}\`.`,
      ],
    })
  }
  await context.launcher.launch(name, signal)
  context.emit({
    type: 'done',
    step: 'endpoint',
    text: endpointOf(port),
    elapsedMs: context.clock.monotonicMs() - since,
  })
}

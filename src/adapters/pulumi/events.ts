/** What the engine's events say. Pure. */
import type { EngineEvent } from '@pulumi/pulumi/automation/events.js'
import { FAILED, type Failure, type MachineState, type Said, SAYS } from '../../../infra/spec.js'

export interface Heard {
  readonly said?: Said
  readonly failure?: Failure
  /** An error in the engine's own words. */
  readonly error?: string
  readonly machine?: MachineState
}

export function heard({ diagnosticEvent, resOutputsEvent }: EngineEvent): Heard {
  if (diagnosticEvent) {
    const { message, severity, urn } = diagnosticEvent
    const said = jsonAfter(SAYS, message)
    if (said !== undefined) return { said: said as Said } // the provider is of this same labos
    const failure = jsonAfter(FAILED, message)
    if (failure !== undefined) return { failure: failure as Failure }
    return severity === 'error' && urn ? { error: message.trim() } : {}
  }
  const metadata = resOutputsEvent?.metadata
  if (metadata?.type !== 'labos:ec2:Machine') return {}
  const outputs = metadata.new?.outputs as { readonly machine?: MachineState } | undefined
  return outputs?.machine ? { machine: outputs.machine } : {}
}

/** The JSON object that follows the mark on its line; the engine adds words of its own around. */
function jsonAfter(mark: string, text: string): unknown {
  const start = text.indexOf(mark)
  if (start < 0) return undefined
  const line = text.slice(start + mark.length).split('\n')[0] ?? ''
  try {
    return JSON.parse(line.slice(0, line.lastIndexOf('}') + 1))
  } catch {
    return undefined
  }
}

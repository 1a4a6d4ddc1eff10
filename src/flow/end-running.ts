import type { Leftover, MachineRef } from '../ports.js'
import { readKeeper, readKey } from '../state/read.js'
import type { Context } from './context.js'

/** Ends what runs for a lab; an empty list is the proof that nothing does. Success when nothing ran. */
export async function endRunning(name: string, context: Context, signal: AbortSignal): Promise<readonly Leftover[]> {
  const keeper = readKeeper(context.paths, name)
  if (!keeper) return []
  const ref: MachineRef = {
    port: keeper.port,
    key: readKey(context.paths, name),
    keeper,
    ...(keeper.engine ? { engine: keeper.engine } : {}),
  }
  return context.provider.destroy(ref, signal)
}

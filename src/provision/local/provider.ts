import type { Machine, Provider } from '../../ports.js'
import { computerFacts } from './computer-facts.js'
import { destroyLocal, type DestroyDeps } from './destroy.js'

/** This computer as a machine: nothing to rent, so nothing to create. */
export const localProvider = (
  deps: DestroyDeps & { readonly machine: Machine; readonly diskPath: string },
): Provider => ({
  name: 'local',
  facts: () => computerFacts(deps.diskPath),
  destroy: (ref, signal) => destroyLocal(ref, deps, signal),
  open: () => deps.machine,
})

import type { LabosEvent } from '../../ui/events.js'
import type { Context } from '../context.js'
import { noteExisting } from '../dry-run-note.js'
import { hostRecordParts, termsThere } from './host-parts.js'
import { planHostLab } from './plan-host-lab.js'
import { reachHost } from './reach-host.js'
import { hostLabName, type HostUpRequest } from './request.js'

type AgreedHostPlan = Pick<Extract<LabosEvent, { type: 'host-plan' }>, 'plan' | 'serving'>

/** Looks at the host, plans, and makes nothing. */
export async function dryRunHost(
  request: HostUpRequest,
  context: Context,
  signal: AbortSignal,
): Promise<AgreedHostPlan> {
  const name = hostLabName(request)
  noteExisting(name, context)
  const { machine } = await reachHost(request, context, signal)
  try {
    const planned = await planHostLab(request, { name, labId: '' }, machine, context, signal)
    return { plan: planned.plan, serving: termsThere(hostRecordParts(planned, request)) }
  } finally {
    machine.close()
  }
}

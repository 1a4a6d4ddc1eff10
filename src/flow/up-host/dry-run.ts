import type { HostPlan } from '../../plan/host/host-plan.js'
import type { Context } from '../context.js'
import { planHostLab } from './plan-host-lab.js'
import { reachHost } from './reach-host.js'
import { hostLabName, type HostUpRequest } from './request.js'

/** Looks at the host, plans, and makes nothing. */
export async function dryRunHost(request: HostUpRequest, context: Context, signal: AbortSignal): Promise<HostPlan> {
  const name = hostLabName(request)
  const { machine } = await reachHost(request, context, signal)
  try {
    return (await planHostLab(request, { name, labId: '' }, machine, context, signal)).plan
  } finally {
    machine.close()
  }
}

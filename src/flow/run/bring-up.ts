import { withDeadline } from '../deadline.js'
import type { Context } from '../context.js'
import type { LabStatus } from '../lab-status.js'
import { up } from '../up.js'
import type { RunRequest } from './request.js'

/** The lab of a run, up and proven. It is marked with us, so that it ends with us. Throws what `up` throws. */
export async function bringUp(
  { lab, name, upWithinMs }: RunRequest,
  context: Context,
  signal: AbortSignal,
): Promise<LabStatus> {
  const own = { name, runner: { ...context.self, owner: context.owner } }
  return withDeadline(upWithinMs, context.clock, signal, async (limited) => {
    if (lab.kind === 'local') return (await up({ ...lab.request, ...own }, context, limited)).lab
    if (lab.kind === 'host') {
      const { upHost } = await import('../up-host/up-host.js')
      return (await upHost({ ...lab.request, ...own }, context, limited)).lab
    }
    const { upRented } = await import('../up-rented/up-rented.js') // labs on this computer need none of it
    return (await upRented({ ...lab.request, ...own }, context, limited)).lab
  })
}

/** How a lab is, for who would end or replace a keeper that does not answer: silent for a moment is not silent. */
import type { Context } from './context.js'
import { labStatus, type LabStatus } from './lab-status.js'

const LOOKS = 4
const LOOK_MS = 2000

/** Others may be in the middle of an answer: it is asked again for some seconds, which is said. */
export async function patientStatus(name: string, context: Context, signal: AbortSignal): Promise<LabStatus> {
  for (let looks = 1; ; looks += 1) {
    const status = await labStatus(name, context)
    if (status.state !== 'unresponsive' || looks === LOOKS) return status
    if (looks === 1) context.emit({ type: 'note', text: `"${name}" does not answer; it is asked again` })
    await context.clock.sleep(LOOK_MS, signal)
  }
}

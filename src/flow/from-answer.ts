/** A keeper's answer as part of a lab's status. On the fast path of `labos ps`. */
import type { KeeperRecord, MachineLab } from '../state/record.js'
import type { KeeperStatus } from './keeper-status.js'
import type { LabStatus } from './lab-status.js'

/** Base URL of a lab's OpenAI API. */
export const endpointOf = (port: number): string => `http://127.0.0.1:${String(port)}/v1`

/** Where the endpoint of a lab on a machine is: `labos tunnel --port` moves it for a while. */
export const openPort = (lab: Pick<MachineLab, 'port'>, keeper: KeeperRecord | undefined): number | undefined =>
  lab.port !== undefined && keeper && !keeper.ended ? keeper.port : lab.port

export const SILENT = 'its keeper runs but does not answer'

/** `idleMs`: the limit, where the keeper does not name one itself. */
export function fromAnswer(
  answer: KeeperStatus,
  idleMs: number | undefined,
): Pick<LabStatus, 'state'> & Partial<LabStatus> {
  const { engine, activity, tokens, lease, contextTokens, phases, path, notes, drift } = answer
  return {
    state: engine.state,
    ...(engine.detail === undefined ? {} : { detail: engine.detail }),
    ...(engine.cause === undefined ? {} : { cause: engine.cause }),
    lease: { ...(idleMs === undefined ? {} : { idleMs }), ...lease },
    activity,
    ...(tokens ? { tokens } : {}),
    restarts: engine.restarts,
    ...(engine.lastExit ? { lastExit: engine.lastExit } : {}),
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(phases ? { phases } : {}),
    ...(path ? { path } : {}),
    ...(notes ? { notes } : {}),
    ...(drift ? { drift } : {}),
  }
}

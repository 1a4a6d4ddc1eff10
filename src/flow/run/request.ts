/** What `labos run` is asked for. */
import { randomBytes } from 'node:crypto'
import { checkLabName } from '../../state/paths.js'
import type { EndpointAccess } from '../endpoint-access.js'
import { resolveRequest, type UpRequest } from '../request.js'
import { hostLabName, type HostUpRequest } from '../up-host/request.js'
import { labNameOf, type RentUpRequest } from '../up-rented/request.js'

/** The lab as `labos up` would be asked for it, here, rented, or on a host of the user's own. */
export type LabWish =
  | { readonly kind: 'local'; readonly request: UpRequest }
  | { readonly kind: 'rented'; readonly request: RentUpRequest }
  | { readonly kind: 'host'; readonly request: HostUpRequest }

export interface RunRequest {
  readonly lab: LabWish
  /** Of the lab. */
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** The lab is given up when it is not up after this long. */
  readonly upWithinMs?: number
  /** How long the command may take to end when it is told to; then it is killed. */
  readonly graceMs: number
  /** Where the command's stdout goes. */
  readonly stdout: 'stdout' | 'stderr'
  /** The command shares the terminal, and its Ctrl-C. */
  readonly atTerminal: boolean
  /** The signal that asked us to end: the command is sent the same. */
  readonly received: () => NodeJS.Signals | undefined
  /** Called right before the command starts, and when it has ended. */
  readonly around: { begin(access: EndpointAccess): void; end(): void }
}

/** The model's name is cut, so that there is room for what makes the lab's name its own. */
const MODEL_MOST = 40
const RANDOM_BYTES = 4

function modelNameOf(lab: LabWish): string {
  if (lab.kind === 'local') return resolveRequest(lab.request).name
  return lab.kind === 'host' ? hostLabName(lab.request) : labNameOf(lab.request)
}

/** A name that no other run has, so that jobs that run side by side never share a lab. Throws `model.unknown`. */
export function nameForRun(lab: LabWish): string {
  const model = modelNameOf(lab)
  const begin = model.slice(0, MODEL_MOST).replace(/[^a-z0-9]+$/, '')
  return checkLabName(`${begin}-${randomBytes(RANDOM_BYTES).toString('hex')}`)
}

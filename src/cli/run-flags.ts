/** Flags of `labos run`: those of `up`, but for what makes no sense for a lab that ends with its command. */
import { Flags, type Interfaces } from '@oclif/core'
import type { LabWish } from '../flow/run/request.js'
import { LabosError } from '../errors/labos-error.js'
import type { ServingWish } from '../plan/rent/serving.js'
import { duration } from './flags.js'
import { labKind, localRequest, ownHostRequest, rentRequest, upFlags, type UpFlags } from './up-flags.js'

const { until: _until, keep: _keep, 'dry-run': _dryRun, ...shared } = upFlags

const GRACE_MS = 5000
const RENTED_TTL_MS = 3_600_000
/** Longer than a reboot or a bad network; what a run leaves behind that was killed with its keeper costs no more than that. */
const UNHEARD_MS = 15 * 60_000

export const runFlags = {
  ...shared,
  name: Flags.string({
    char: 'n',
    env: 'LABOS_RUN_NAME', // LABOS_NAME names another lab: that of a run around this one, for example
    description: 'Name of the lab. Default: one that no other run has.',
  }),
  port: Flags.integer({
    char: 'p',
    min: 0,
    max: 65_535,
    env: 'LABOS_RUN_PORT', // what config.yaml says is for the lab that stays
    default: 0,
    description: 'Loopback port of the endpoint. Default: any free one.',
  }),
  ttl: duration({
    env: 'LABOS_TTL',
    description: 'Deadline, after which the lab ends itself. Default: 1h for rented machines.',
  }),
  grace: duration({
    env: 'LABOS_GRACE',
    description: 'How long the command may take to end after Ctrl-C or SIGTERM. Default: 5s.',
  }),
}

export type RunFlags = Interfaces.InferredFlags<typeof runFlags>

export const graceMs = ({ grace }: RunFlags): number => grace ?? GRACE_MS

/** The lab that is asked for. `words`: what was typed before `--`. Throws what `up` throws of its flags. */
export function labWish(model: string, flags: RunFlags, words: readonly string[]): LabWish {
  const asked: UpFlags = { ...flags, until: undefined, keep: false, 'dry-run': false }
  const kind = labKind(model, asked, words)
  if (kind === 'local') {
    const request = localRequest(model, asked)
    return { kind: 'local', request: { ...request, lease: { ...request.lease, withCommand: true } } }
  }
  if (kind === 'host')
    return { kind, request: tended(ownHostRequest(model, { ...asked, ttl: flags.ttl ?? RENTED_TTL_MS })) }
  // A budget says itself how long it lasts.
  const ttl = flags.ttl ?? (flags['max-cost'] === undefined ? RENTED_TTL_MS : undefined)
  return { kind: 'rented', request: tended(rentRequest(model, { ...asked, ttl })) }
}

/** The machine ends itself where the computer of the run is gone, too, with all that could have told it to. */
const tended = <R extends { readonly serving: ServingWish }>(request: R): R => ({
  ...request,
  serving: { ...request.serving, unheardMs: UNHEARD_MS },
})

/** Throws `usage.command` where there is nothing to run. */
export function commandOf(command: readonly string[] | undefined, words: readonly string[]): [string, ...string[]] {
  const [program = '', ...rest] = command ?? []
  if (program !== '') return [program, ...rest]
  const [, second] = words.filter((word) => !word.startsWith('-'))
  throw new LabosError(
    'usage.command',
    command === undefined && second !== undefined
      ? `Where does the command begin? Put \`--\` before it.`
      : 'There is no command to run.',
    {
      suggestions: [
        'Put it after `--`: `labos run smollm2 --yes -- npm test`.',
        'For a lab that stays until you take it down: `labos up`.',
      ],
      aftermath: 'Nothing was created.',
    },
  )
}

/** A rented lab with its machine, for the commands that change one: chosen, locked, in the right account, looked at. */
import type { CloudMachine, Holdings } from '../cloud-ports.js'
import { LabosError } from '../errors/labos-error.js'
import { readLab } from '../state/read.js'
import { isOnHost, isRented, type RentedLab } from '../state/record.js'
import { saveLab } from '../state/store.js'
import { checkAccount } from './check-account.js'
import { chooseLab } from './choose-lab.js'
import type { Context } from './context.js'
import { lockedLab } from './lock-lab.js'
import { isThere, withMachine, withoutMachine } from './rented-record.js'

export interface HeldLab {
  /** With the machine as EC2 describes it now. */
  readonly record: RentedLab
  readonly machine: CloudMachine
  readonly holdings: Holdings
  /** By AWS's clock, which the machine goes by: milliseconds since the epoch. */
  readonly nowMs: number
}

const WAIT_MS = 60_000

/**
 * Runs `work` on a lab whose machine is there. Throws `usage.value` for a lab on this computer, `machine.gone` where there
 * is no machine, `aws.account`, and what choosing, locking and asking throw.
 */
export async function withMachineOf<T>(
  verb: 'stop' | 'start' | 'extend',
  wished: string | undefined,
  context: Context,
  signal: AbortSignal,
  work: (held: HeldLab) => Promise<T>,
): Promise<T> {
  const name = await chooseLab(wished, context)
  rentedRecord(verb, name, context) // a lab that cannot be meant is refused before anything is waited for
  const command = `labos ${verb} ${name}`
  return lockedLab({ name, command, waitMs: WAIT_MS }, context, signal, async () => {
    const record = rentedRecord(verb, name, context)
    return work(await heldLab(record, context, signal))
  })
}

function rentedRecord(verb: string, name: string, { paths }: Context): RentedLab {
  const record = readLab(paths, name)
  if (record && isRented(record)) return record
  if (record && isOnHost(record)) throw onOwnHost(verb, name)
  if (!record) throw unfinished(name)
  throw new LabosError('usage.value', `"${name}" has no machine of its own: it runs on this computer.`, {
    suggestions: [
      `\`labos ${verb}\` is for rented labs; see which those are: \`labos ps\`.`,
      verb === 'extend' ? 'A deadline of a local lab is set when it starts: `labos up --ttl 4h`.' : END_LOCAL(name),
    ],
  })
}

const unfinished = (name: string): LabosError =>
  new LabosError(
    'machine.state',
    `"${name}" has no record yet: \`labos up\` has just begun, or was killed as it began.`,
    {
      suggestions: [`Forget it: \`labos down ${name}\`.`, 'Or bring it up: the same `labos up` again.'],
    },
  )

const onOwnHost = (verb: string, name: string): LabosError =>
  new LabosError('usage.value', `"${name}" is on a host of your own, which labos does not ${verb}.`, {
    suggestions: [`End what serves there: \`labos down ${name}\`.`],
  })

const END_LOCAL = (name: string): string => `End it with \`labos down ${name}\`; engine and weights stay in the cache.`

async function heldLab(record: RentedLab, context: Context, signal: AbortSignal): Promise<HeldLab> {
  const { machine: known } = record
  if (!known) throw gone(record, 'it has none yet: `labos up` did not come to its end')
  const aheadMs = await checkAccount(record, context, signal)
  const { holdings } = await context.aws(known.region)
  const machine = await holdings.machine(known.id, signal)
  const nowMs = context.clock.now()
  const seen = machine ? withMachine(record, machine, nowMs) : withoutMachine(record, nowMs)
  if (machine && isThere(machine.state)) return { record: seen, machine, holdings, nowMs: nowMs - aheadMs }
  await saveLab(context.paths, seen)
  throw gone(
    record,
    machine ? `${known.id} is ${machine.state}${reason(machine)}` : `EC2 knows no ${known.id} any more`,
  )
}

const reason = ({ stateReason }: CloudMachine): string => (stateReason === undefined ? '' : ` (${stateReason})`)

const gone = ({ name }: RentedLab, why: string): LabosError =>
  new LabosError('machine.gone', `The lab "${name}" has no machine: ${why}.`, {
    suggestions: [`Remove what is left of it: \`labos down ${name}\`.`, 'Or make another: `labos up`.'],
  })

import { LabosError } from '../errors/labos-error.js'
import { TAGS } from '../plan/aws/tags.js'
import { readLab } from '../state/read.js'
import { isOnHost, isOnMachine, type RentedLab } from '../state/record.js'
import { saveLab } from '../state/store.js'
import { formatTime } from '../ui/format.js'
import { chooseLab } from './choose-lab.js'
import type { Context } from './context.js'
import { extendHost } from './extend-host.js'
import { withMachineOf } from './rented-lab.js'
import { costOfLab } from './rented-record.js'
import { isOwnOrphan, orphanWords } from './run/orphan.js'
import { tellKeeper } from './tell-keeper.js'
import { type MachineWord, tellMachine } from './tell-machine.js'

export interface ExtendRequest {
  readonly name?: string
  /** More time, above nothing. */
  readonly byMs: number
}

/** Public: `labos extend --json` prints it. */
export interface Extended {
  readonly name: string
  readonly endedAtBefore: string
  readonly endsAt: string
  readonly usdPerHour: number | null
  /** In all, by the new end. */
  readonly usdUntilEnd: number | null
  /** What the machine itself says of its end now; absent where it could not be asked. */
  readonly machine?: MachineWord
}

/**
 * Moves the deadline of a rented lab's machine: the machine reads it from its tag each half minute, and now, where it can be told
 * to. Throws `usage.value` for no
 * time at all and for a lab on this computer, `machine.state` where the deadline has passed or nothing runs,
 * `machine.gone`, and what asking AWS throws.
 */
export async function extend({ name, byMs }: ExtendRequest, context: Context, signal: AbortSignal): Promise<Extended> {
  if (!(byMs > 0)) throw noTime()
  const chosen = await chooseLab(name, context)
  const record = readLab(context.paths, chosen)
  if (record && isOnMachine(record) && (await isOwnOrphan(record, context)))
    context.emit({ type: 'warning', text: `the \`labos run\` of ${chosen} is gone: ${orphanWords(record)}` })
  if (record && isOnHost(record)) return extendHost(record, byMs, context, signal)
  return withMachineOf('extend', chosen, context, signal, async ({ record, machine, holdings, nowMs }) => {
    if (machine.state !== 'running' && machine.state !== 'pending') throw notRunning(record)
    const { expiresAt } = record
    if (expiresAt === undefined || Date.parse(expiresAt) <= nowMs) throw passed(record)
    const endsAt = new Date(Date.parse(expiresAt) + byMs).toISOString()
    await holdings.tag(machine.id, { [TAGS.expiresAt]: endsAt }, signal)
    const extended = { ...record, expiresAt: endsAt }
    await saveLab(context.paths, extended)
    const { usdPerHour, usdUntilEnd } = costOfLab(extended, context.clock.now())
    const word = await tellMachine(extended, context, signal)
    if (word?.isTaken) await tellKeeper(extended, context)
    return {
      name: record.name,
      endedAtBefore: expiresAt,
      endsAt,
      usdPerHour,
      usdUntilEnd,
      ...(word ? { machine: word } : {}),
    }
  })
}

const noTime = (): LabosError =>
  new LabosError('usage.value', 'A deadline is moved by more than nothing.', {
    suggestions: ['Say by how much: `labos extend 2h`.', 'To end it sooner: `labos down`.'],
  })

const notRunning = ({ name }: RentedLab): LabosError =>
  new LabosError('machine.state', `The machine of "${name}" is stopped: it has no deadline.`, {
    suggestions: [`It gets a new one when it starts: \`labos start ${name} --ttl 4h\`.`],
  })

const passed = ({ name, expiresAt }: RentedLab): LabosError =>
  new LabosError(
    'machine.state',
    `The deadline of "${name}" passed${expiresAt === undefined ? '' : ` at ${formatTime(expiresAt)}`}: the machine is ending itself.`,
    {
      suggestions: [`See whether it has ended: \`labos status ${name} --refresh\`.`, 'Make another: `labos up`.'],
    },
  )

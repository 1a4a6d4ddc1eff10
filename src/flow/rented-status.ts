/** What is known of a rented lab without asking the cloud. On the fast path. */
import type { RentedLab, RentedMachine } from '../state/record.js'
import { formatTime } from '../ui/format.js'
import type { LabStatus } from './lab-status.js'
import { costOfLab, isThere } from './rented-record.js'

export function rentedStatus(record: RentedLab, nowMs: number): LabStatus {
  const { name, id, createdAt, plan, machine, regions, owner } = record
  const { usdSoFar, usdPerHour, usdUntilEnd } = costOfLab(record, nowMs)
  const endsAt = endOf(record)
  return {
    name,
    id,
    ...stateOf(record, nowMs),
    model: plan.model.id,
    provider: plan.provider,
    createdAt,
    owner,
    regions,
    ...(machine ? { machine } : {}),
    ...(endsAt === undefined ? {} : { endsAt }),
    usdPerHour,
    usdSoFar,
    usdUntilEnd,
  }
}

/** When it ends itself. A machine that is stopped does not. */
function endOf({ machine, expiresAt }: RentedLab): string | undefined {
  const state = machine?.state ?? 'pending'
  return state === 'stopped' || state === 'stopping' ? undefined : expiresAt
}

function stateOf(record: RentedLab, nowMs: number): Pick<LabStatus, 'state' | 'detail'> {
  const { machine, name } = record
  if (!machine) return { state: 'creating', detail: creatingDetail(record) }
  const said = `as EC2 said at ${formatTime(machine.askedAt)}`
  if (!isThere(machine.state))
    return { state: 'ended', detail: `its machine has ended, ${said}; \`labos down ${name}\` removes the rest` }
  if (machine.state === 'stopped' || machine.state === 'stopping')
    return { state: 'stopped', detail: `${machine.state === 'stopped' ? '' : 'stopping, '}${said}` }
  return overdue(record, machine, nowMs) ?? { state: 'running', detail: `${startingOr(machine)}${said}` }
}

const startingOr = ({ state }: RentedMachine): string => (state === 'pending' ? 'starting, ' : '')

function creatingDetail({ regions, name }: RentedLab): string {
  if (regions.length === 0) return `nothing was made yet; \`labos up\` goes on, \`labos down ${name}\` forgets it`
  return `a machine may have been made in ${regions.join(', ')}; \`labos up\` goes on, \`labos down ${name}\` removes it`
}

/** Past its deadline and not seen since: what it is now nobody has looked at. */
function overdue(
  { expiresAt, name }: RentedLab,
  { askedAt }: RentedMachine,
  nowMs: number,
): Pick<LabStatus, 'state' | 'detail'> | undefined {
  if (expiresAt === undefined || nowMs < Date.parse(expiresAt)) return undefined
  if (Date.parse(askedAt) >= Date.parse(expiresAt)) return undefined
  return {
    state: 'ended',
    detail: `its deadline passed at ${formatTime(expiresAt)}; not yet seen to be gone: \`labos status ${name} --refresh\``,
  }
}

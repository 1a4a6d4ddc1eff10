/** What a rented lab's record says of its machine and money, and how EC2's answers change it. Pure, on the fast path. */
import type { CloudMachine, MachineState } from '../cloud-ports.js'
import type { MachinePrice } from '../plan/aws/cloud-labs.js'
import { billedFrom, labCost, type BilledFrom, type LabCost, ratesOf, type Rates } from '../plan/aws/cost.js'
import type { RentedLab, RentedOffer } from '../state/record.js'

export const ratesOfLab = ({ plan, machine }: RentedLab): Rates => ratesOf(plan.offers, machine)

/** The offer of the plan that its machine is. */
export const offerOfLab = ({ plan, machine }: RentedLab): RentedOffer | undefined =>
  plan.offers.find(({ instanceType, region }) => instanceType === machine?.instanceType && region === machine.region)

/** A stop empties the disk that the weights are on. */
export const losesWeights = (record: RentedLab): boolean =>
  record.plan.serving !== undefined && (offerOfLab(record)?.weightsOnLocalDisk ?? false)

const UNKNOWN: LabCost = { usdSoFar: null, usdRunning: null, usdStopped: null, usdPerHour: null, usdUntilEnd: null }

/** The machine alone, by the offer of the plan that it is. */
export const machinePriceOf =
  ({ plan }: RentedLab): MachinePrice =>
  ({ instanceType, region, market }) =>
    plan.offers.find(
      (offer) => offer.instanceType === instanceType && offer.region === region && offer.market === market,
    )?.usdPerHour ?? null

/** Nothing is known while there may be a machine that the record does not name. */
export function costOfLab(record: RentedLab, nowMs: number): LabCost {
  const { billed, expiresAt, machine, regions } = record
  if (!machine && regions.length > 0) return UNKNOWN
  return labCost(
    {
      billed,
      rates: ratesOfLab(record),
      ...(expiresAt === undefined ? {} : { deadlineMs: Date.parse(expiresAt) }),
      ...(machine && isThere(machine.state) ? { seenMs: Date.parse(machine.askedAt) } : {}),
    },
    nowMs,
  )
}

const BILLED: Readonly<Record<MachineState, BilledFrom['what']>> = {
  pending: 'running',
  running: 'running',
  stopping: 'stopped',
  stopped: 'stopped',
  'shutting-down': 'nothing',
  terminated: 'nothing',
}

/** It has a future: it runs, or can be started. */
export const isThere = (state: MachineState): boolean => BILLED[state] !== 'nothing'

/** The record with the machine as EC2 describes it now. */
export function withMachine(record: RentedLab, machine: CloudMachine, nowMs: number): RentedLab {
  const { id, region, zone, instanceType, market, state, address } = machine
  const expiresAt = machine.tags['labos:expires-at'] ?? record.expiresAt
  return {
    ...record,
    machine: {
      id,
      region,
      zone,
      instanceType,
      market,
      state,
      ...(address === undefined ? {} : { address }),
      launchedAt: machine.launchedAt,
      askedAt: new Date(nowMs).toISOString(),
    },
    ...(expiresAt === undefined ? {} : { expiresAt }),
    billed: billedFrom(record.billed, BILLED[state], changedAt(record, state, nowMs)),
  }
}

/** The record of a lab whose machine EC2 does not know any more. */
export function withoutMachine(record: RentedLab, nowMs: number): RentedLab {
  if (!record.machine) return record
  const { address: _address, ...rest } = record.machine
  return {
    ...record,
    machine: { ...rest, state: 'terminated', askedAt: new Date(nowMs).toISOString() },
    billed: billedFrom(record.billed, 'nothing', changedAt(record, 'terminated', nowMs)),
  }
}

/** A machine that is seen to have ended has ended at its deadline at the latest: it ends itself then. */
function changedAt({ expiresAt }: RentedLab, state: MachineState, nowMs: number): string {
  const deadlineMs = expiresAt === undefined ? nowMs : Date.parse(expiresAt)
  return new Date(isThere(state) ? nowMs : Math.min(nowMs, deadlineMs)).toISOString()
}

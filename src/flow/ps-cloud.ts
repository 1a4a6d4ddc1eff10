/** `labos ps --all-regions`: the labs here, and what AWS holds of labos's by its tags. */
import type { CloudMachine } from '../cloud-ports.js'
import type { CloudLab } from '../plan/aws/cloud-labs.js'
import { labNames, readKeeper, readLab } from '../state/read.js'
import { isRented, type KeeperRecord, type RentedLab } from '../state/record.js'
import type { Context } from './context.js'
import { labStatus, type LabStatus, machineLabStatus } from './lab-status.js'
import { withMachine } from './rented-record.js'
import { type RegionsWish, searchCloud } from './search-cloud.js'

/** Public: `labos ps --json` prints it, with all but `labs` only where AWS was asked. */
export interface LabList {
  readonly labs: readonly LabStatus[]
  /** In AWS by their tags, without a record on this computer; oldest first. */
  readonly withoutRecord?: readonly CloudLab[]
  readonly regions?: readonly string[]
  /** Regions that did not answer: what is there is not known. */
  readonly unknown?: readonly { readonly region: string; readonly why: string }[]
}

/** Throws what searching throws. Rented labs are shown as EC2 says now; nothing is written. */
export async function labsInCloud(wish: RegionsWish, context: Context, signal: AbortSignal): Promise<LabList> {
  const { labs: found, regions, unknown } = await searchCloud(wish, context, signal)
  const names = labNames(context.paths)
  const records = names.map((name) => recordOf(name, context))
  const known = new Set(records.flatMap((record) => record?.id ?? []))
  const labs = await Promise.all(
    names.map(async (name, index) => {
      const record = records[index]
      return record ? seenStatus(record, found, context) : labStatus(name, context)
    }),
  )
  return {
    labs,
    withoutRecord: found.filter(({ id }) => !known.has(id)),
    regions,
    unknown: unknown.map(({ region, error }) => ({ region, why: error.message })),
  }
}

/** Undefined for a lab on this computer, and for one whose record is damaged. */
function recordOf(name: string, { paths }: Context): RentedLab | undefined {
  try {
    const record = readLab(paths, name)
    return record && isRented(record) ? record : undefined
  } catch {
    return undefined // `labStatus` says what is wrong with it
  }
}

function seenStatus(record: RentedLab, found: readonly CloudLab[], context: Context): Promise<LabStatus> {
  const machine = machineOf(found.find(({ id }) => id === record.id))
  const seen = machine ? withMachine(record, machine, context.clock.now()) : record
  return machineLabStatus(seen, keeperOf(record.name, context), context)
}

function keeperOf(name: string, { paths }: Context): KeeperRecord | undefined {
  try {
    return readKeeper(paths, name)
  } catch {
    return undefined // `labos status` says what is wrong with it
  }
}

const machineOf = (lab: CloudLab | undefined): CloudMachine | undefined =>
  lab?.holdings.flatMap(({ machine }) => machine ?? [])[0]

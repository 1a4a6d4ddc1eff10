/** What the keeper of a lab on a machine is given, and what it holds. */
import type { ChannelPool } from '../../connect/channel-pool.js'
import type { Gateway } from '../../connect/gateway/server.js'
import type { Session } from '../../connect/session.js'
import type { MachineLease } from '../../lease/machine-lease.js'
import { later } from '../../lease/seen-lease.js'
import type { Clock, ConnectSsh, Processes, ProcessRef, SshPlace } from '../../ports.js'
import type { RemoteWatch } from '../../serve/remote/watch.js'
import type { Paths } from '../../state/paths.js'
import { readMachineLab } from '../../state/read.js'
import type { KeeperRecord, MachineLab, Serving } from '../../state/record.js'
import type { LeaseWatch } from './lease-watch.js'
import { recordNow } from './record-now.js'

export interface KeepRemoteDeps {
  readonly paths: Paths
  readonly clock: Clock
  readonly processes: Pick<Processes, 'isAlive'>
  readonly self: ProcessRef
  /** Where the endpoint is for this keeper's life; absent = where the lab has it. */
  readonly port?: number
  readonly connect: ConnectSsh
  /** Of the process that keeps. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** 0 to 1. */
  readonly random: () => number
  /** Where the machine is now that was away for a while at that place; rejects with `machine.gone` where it is no more. */
  findAgain(place: SshPlace): Promise<SshPlace | undefined>
  /** Called once, when the endpoint is open. */
  onListening(): void
  /** A line for the keeper's own log. */
  say(line: string): void
}

export type Ended = NonNullable<KeeperRecord['ended']>

/** What is made later is absent before. */
export interface Held {
  readonly record: MachineLab
  readonly serving: Serving
  readonly deps: KeepRemoteDeps
  readonly stop: AbortController
  kvRepair: KeeperRecord['kvRepair']
  ended?: Ended | undefined
  gateway?: Gateway
  session?: Session
  /** To the engine. */
  channels?: ChannelPool
  watch?: RemoteWatch
  lease?: LeaseWatch
}

/** The machine's lease as it is now; undefined before it was read. */
export function leaseNow({ lease, gateway }: Held): MachineLease | undefined {
  const read = lease?.read()
  return read && later(read.lease, read.ageMs / 1000, gateway?.activity().inFlight ?? 0)
}

/** See `recordNow`. */
export const machineLabNow = ({ record, deps }: Held): MachineLab | undefined =>
  recordNow(record, () => readMachineLab(deps.paths, record.name))

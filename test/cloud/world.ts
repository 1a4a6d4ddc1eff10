/** All that the cloud knows beside moto. */
import type { Admin } from './admin.js'
import { type Denials, makeDenials } from './denials.js'
import { type Guard, makeGuard } from './guard.js'
import type { Hosts } from './hosts.js'
import { addresses, type InstanceRecord } from './instances.js'
import { makeNetworks, type Networks } from './network.js'
import type { Answer, AwsRequest } from './request.js'
import type { CloudSettings } from './settings.js'

/** Asks moto for the caller, with the form given or as it came. */
export type Forward = (params?: Readonly<Record<string, string>>) => Promise<Answer>
export type Handler = (request: AwsRequest, forward: Forward, world: World) => Promise<Answer>

export interface World {
  readonly settings: CloudSettings
  readonly records: Map<string, InstanceRecord>
  readonly networks: Networks
  readonly admin: Admin
  readonly denials: Denials
  readonly guard: Guard
  /** Zones that AWS offers a type in, by region and type; asked once. */
  readonly offered: Map<string, Promise<readonly string[]>>
  /** Key pairs that were imported: `REGION/NAME` to `ssh-ed25519 AAAA...`. */
  readonly publicKeys: Map<string, string>
  /** Absent where instances are records and no more. */
  readonly hosts: Hosts | undefined
  /** Milliseconds on the cloud's clock. */
  now(): number
  /** A public address that no machine ever had. */
  nextAddress(): string
}

export const makeWorld = (settings: CloudSettings, admin: Admin, motoUrl: string, hosts?: Hosts): World => ({
  settings,
  records: new Map(),
  networks: makeNetworks(admin, settings),
  denials: makeDenials(),
  guard: makeGuard(admin, motoUrl),
  offered: new Map(),
  publicKeys: new Map(),
  hosts,
  admin,
  now: () => performance.now(),
  nextAddress: hosts ? hosts.nextAddress : addresses(),
})

/** All that the cloud knows beside moto. */
import type { Admin } from './admin.js'
import { type Denials, makeDenials } from './denials.js'
import { type Guard, makeGuard } from './guard.js'
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
  /** Milliseconds on the cloud's clock. */
  now(): number
  /** A public address that no machine ever had. */
  nextAddress(): string
}

export const makeWorld = (settings: CloudSettings, admin: Admin, motoUrl: string): World => ({
  settings,
  records: new Map(),
  networks: makeNetworks(admin, settings),
  denials: makeDenials(),
  guard: makeGuard(admin, motoUrl),
  offered: new Map(),
  admin,
  now: () => performance.now(),
  nextAddress: addresses(),
})

/** What a test may set of the cloud, before it starts or at any time after. */
import { ACCOUNT } from './denials.js'

export interface CloudSettings {
  /** How long a machine is `pending` after its start. */
  pendingMs: number
  /** How long a machine is `shutting-down`, or `stopping`. */
  shuttingDownMs: number
  /** How long reads do not know of a new machine. */
  notFoundMs: number
  /** How long a running machine has no public address yet. */
  addressLateMs: number
  /** Whether a running machine answers on port 22 of its address. */
  ssh: boolean
  /** How long after it is `running`. */
  sshDelayMs: number
  /** vCPUs by quota code. A code that is absent has no limit, and Service Quotas does not know it. */
  quotas: Record<string, number>
  /** Whether SSM knows the deep-learning images; else they are found by owner and name alone. */
  imageParameter: boolean
  imageAgeDays: number
  /** Types, and the zones that do not offer them although AWS does. */
  notOffered: Record<string, readonly string[]>
  /** Regions that the account has not enabled. */
  disabledRegions: readonly string[]
  /** Whether a region has a default network. Looked at when the region is first asked. */
  defaultNetwork: boolean
  /** Whose credentials they are, as STS says. */
  accountId: string
  /** Whether default networks have a way out. Looked at when a network is made. */
  publicSubnets: boolean
}

export const DEFAULTS: CloudSettings = {
  pendingMs: 300,
  shuttingDownMs: 300,
  notFoundMs: 0,
  addressLateMs: 0,
  ssh: true,
  sshDelayMs: 100,
  imageParameter: true,
  imageAgeDays: 20,
  notOffered: {},
  disabledRegions: [],
  defaultNetwork: true,
  publicSubnets: true,
  accountId: ACCOUNT,
  quotas: { 'L-DB2E81BA': 64, 'L-417A185B': 192, 'L-3819A6DF': 64, 'L-7212CCBC': 192, 'L-C4BD4855': 192 },
}

/** What AWS said of one region of a plan. Public: `labos plan --check --json` prints it (docs/plan.schema.json). */
export interface RegionCheck {
  readonly region: string
  /** False: the account has to enable the region first, and nothing else was asked. Null = not known. */
  readonly enabled: boolean | null
  readonly accountId: string | null
  /** What machines start from; null where there is none, or where it could not be read. */
  readonly image: ImageCheck | null
  /** Of each type that fits: the zones that offer it. */
  readonly zones: readonly { readonly instanceType: string; readonly zones: readonly string[] }[]
  readonly quotas: readonly QuotaCheck[]
  /** Of spot plans: type by zone, cheapest first. */
  readonly spot: readonly { readonly instanceType: string; readonly zone: string; readonly usdPerHour: number }[]
  /** Null where there is no default network, or where it could not be read. */
  readonly network: NetworkCheck | null
  /** How many machines could be tried: types by zones. */
  readonly rungs: number
  /** Offers that cannot be launched there now. */
  readonly dropped: readonly { readonly instanceType: string; readonly reason: string }[]
  /** Why nothing can be launched there, and what to do; null where something can be tried. */
  readonly refusal: { readonly code: string; readonly message: string; readonly suggestions: readonly string[] } | null
  /** What could not be read, and why. It blocks nothing. */
  readonly unknown: readonly { readonly what: string; readonly why: string }[]
  readonly warnings: readonly string[]
}

export interface ImageCheck {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly ageDays: number
}

export interface NetworkCheck {
  readonly vpcId: string
  readonly publicZones: readonly string[]
  readonly privateSubnets: number
}

export interface QuotaCheck {
  readonly code: string
  readonly name: string
  /** Null = not known. */
  readonly limitVcpus: number | null
  readonly usedVcpus: number | null
  /** By the best offer that counts against it. */
  readonly neededVcpus: number
  /** Where the AWS console shows it. */
  readonly console: string
  /** The command that asks for what is missing; null where nothing is, as far as is known. */
  readonly request: string | null
}

/** Of a region that is not enabled, or of which nothing was read. */
export const emptyCheck = (region: string): RegionCheck => ({
  region,
  enabled: null,
  accountId: null,
  image: null,
  zones: [],
  quotas: [],
  spot: [],
  network: null,
  rungs: 0,
  dropped: [],
  refusal: null,
  unknown: [],
  warnings: [],
})

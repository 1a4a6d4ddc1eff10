/** What a rented machine is to serve, and until when: the part of a plan that the machine is told of. Pure. */
import type { Canary } from '../catalog-model.js'
import type { FimTemplate } from '../plan.js'
import { DRIVER_MIN, ENGINE_VERSION, engineConfig } from './engine-config.js'
import type { Offer } from './offer.js'
import type { RentedModel } from './rent-plan.js'
import type { StartUp } from './start-up.js'

/** When it ends itself, its deadline apart. */
export interface Limits {
  /** After this long without a request; absent = never for that. */
  readonly idleMs?: number
  /** When it does not serve this long after a start. */
  readonly bootMs: number
  /** When whom it is for was not heard of for this long; absent = nobody has to be there. */
  readonly unheardMs?: number
}

/** All of a machine's ends that may be known, with its deadline. */
export type Ends = { readonly ttlMs?: number } & Partial<Limits>

/** These alone, of something that has them; an idle time of 0 is none. */
export const limitsOf = ({ idleMs, bootMs, unheardMs }: Limits): Limits => ({
  ...(idleMs ? { idleMs } : {}),
  bootMs,
  ...(unheardMs === undefined ? {} : { unheardMs }),
})

/** As a lab's record keeps it. */
export interface Serving extends Limits {
  readonly engineVersion: string
  readonly driverMin: number
  /** One for each kind of machine that the ladder may give. */
  readonly machines: readonly ServingMachine[]
  /** What is asked to prove that it answers well; null = nothing with a known answer. */
  readonly canary: Canary | null
  readonly fim: FimTemplate | null
  /** Mirrors of the Hugging Face hub and of the Python package index; absent = the public ones. */
  readonly hub?: string
  readonly packageIndex?: string
  /** The weights are only for those with a token, which labos brings over SSH. */
  readonly wantsToken: boolean
}

export interface ServingMachine {
  readonly instanceType: string
  readonly gpuCount: number
  /** What a program can use of one GPU. */
  readonly gpuMemoryMiB: number
  readonly contextTokens: number
  /** Per GPU, by the plan; null where it was stated, not computed. */
  readonly weightsGiB: number | null
  readonly kvTokens: number | null
  /** vLLM's configuration file. */
  readonly config: string
}

export interface ServingWish {
  readonly engineVersion?: string
  /** Added to the configuration, over what the plan says: vLLM's long options without their dashes. */
  readonly engineArgs: readonly EngineArg[]
  /** 0 = no idle limit. */
  readonly idleMs?: number
  readonly bootMs?: number
  /** Whom it is for says all the time that it is there, and it ends when that has not been heard for so long. */
  readonly unheardMs?: number
  readonly hub?: string
  readonly packageIndex?: string
}

export interface EngineArg {
  readonly name: string
  readonly value: string
}

const DEFAULT_IDLE_MS = 30 * 60_000
const BOOT_AT_LEAST_MS = 45 * 60_000
/** A start may take that many times as long as was estimated before it counts as one that hangs. */
const BOOT_FACTOR = 3

export function servingOf(
  model: RentedModel & { readonly canary: Serving['canary']; readonly fim: FimTemplate | null },
  offers: readonly Offer[],
  wish: ServingWish,
  wantsToken: boolean,
): Serving {
  const byType = new Map(offers.map((offer) => [offer.instanceType, offer]))
  return {
    engineVersion: wish.engineVersion ?? ENGINE_VERSION,
    driverMin: DRIVER_MIN,
    machines: [...byType.values()].map((offer) => machineOf(model, offer, wish.engineArgs)),
    canary: model.canary,
    fim: model.fim,
    ...limitsOf({
      ...wish,
      idleMs: wish.idleMs ?? DEFAULT_IDLE_MS,
      bootMs: wish.bootMs ?? bootMsOf(offers.map(({ startUp }) => startUp)),
    }),
    ...(wish.hub === undefined ? {} : { hub: wish.hub }),
    ...(wish.packageIndex === undefined ? {} : { packageIndex: wish.packageIndex }),
    wantsToken,
  }
}

const machineOf = (model: RentedModel, offer: Offer, args: readonly EngineArg[]): ServingMachine => ({
  instanceType: offer.instanceType,
  gpuCount: offer.gpuCount,
  gpuMemoryMiB: Math.floor(offer.gpuVisibleGiB * 1024),
  contextTokens: offer.contextTokens,
  weightsGiB: offer.weightsGiBPerGpu,
  kvTokens: offer.kvTokens,
  config: engineConfig(model, offer, args),
})

const bootMsOf = (starts: readonly StartUp[]): number =>
  Math.max(BOOT_AT_LEAST_MS, ...starts.map(({ totalSeconds }) => totalSeconds * 1000 * BOOT_FACTOR))

/**
 * GPU instance types of EC2, where they are offered and what they cost: the table shipped with labos, or one that
 * `labos prices refresh` made from the account's own answers. Data; never guessed: what is unknown is absent.
 */
import type { Gpu } from '../gpus.js'
import shipped from './shipped.json' with { type: 'json' }

export const TABLE_VERSION = 1

export interface TypeTable {
  readonly version: typeof TABLE_VERSION
  /** What the types' facts are as of (ISO date), and from where. */
  readonly facts: Dated
  /** The same of the prices of each region. A region that is absent has no price of its own. */
  readonly prices: Readonly<Record<string, PricesDated>>
  /** The same of the zones of each region, where they were read on another day than the facts. */
  readonly zones?: Readonly<Record<string, Dated>>
  readonly types: readonly InstanceType[]
}

export interface Dated {
  readonly asOf: string
  readonly source: string
}

export interface PricesDated extends Dated {
  /** Of the spot prices, where they were read on another day than the list prices. */
  readonly spot?: Dated
}

export interface InstanceType {
  readonly instanceType: string
  /** One of `gpus` where labos knows it, else the name that EC2 gives. */
  readonly gpu: string
  readonly gpuCount: number
  /** Of one GPU, as EC2 reports it: less or more than a program can use. */
  readonly gpuMemoryMiB: number
  /** Absent: what is known of a GPU of that name. */
  readonly gpuFacts?: Gpu
  readonly vcpus: number
  readonly memoryGiB: number
  /** Local NVMe disks together, in GB; 0 = none. */
  readonly nvmeGB: number
  /** Sustained network rate in Gbit/s. */
  readonly networkGbps?: number
  readonly architecture: 'x86_64' | 'arm64'
  /** Regions that offer the type, with the number of zones that do. */
  readonly zones: Readonly<Record<string, number>>
  /** US dollars an hour by region. Spot is the cheapest zone when it was read. */
  readonly usdPerHour: Readonly<Record<string, UsdPerHour>>
}

export interface UsdPerHour {
  readonly onDemand?: number
  readonly spot?: number
}

/** The table this version of labos came with. Sources of its facts: docs/plan.md. */
export const shippedTable = shipped as TypeTable

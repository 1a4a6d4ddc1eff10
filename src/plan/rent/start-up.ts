/** How long it takes until a new machine serves, and what disk it needs: estimates with their parts (docs/plan.md). */
import type { InstanceType } from '../aws/type-table.js'

/** Seconds. */
export interface StartUp {
  readonly bootSeconds: number
  readonly downloadSeconds: number
  readonly loadSeconds: number
  readonly compileSeconds: number
  readonly totalSeconds: number
}

/** From the order to a machine that does something: EC2 itself takes 20 s, GPU images boot slower. */
const BOOT_SECONDS = 60
/** Compiling, profiling and capturing CUDA graphs for 32 requests. */
const COMPILE_SECONDS = 75
/** Engine with its CUDA libraries, compressed. */
const ENGINE_DOWNLOAD_BYTES = 6e9
/** Through an internet gateway: 5 Gbit/s below 32 vCPU, else half the network rate; and no more than hubs give. */
const GATEWAY_GBPS = 5
const GATEWAY_VCPUS = 32
const HUB_GBPS = 16
/** From local disk into GPU memory, by the slowest of what was measured. */
const LOAD_BYTES_PER_SECOND = 1e9
const PROCESS_START_SECONDS = 20

export function startUp({ vcpus, networkGbps }: InstanceType, weightsBytes: number): StartUp {
  const cap = vcpus < GATEWAY_VCPUS ? GATEWAY_GBPS : (networkGbps ?? GATEWAY_GBPS) / 2
  const gbps = Math.min(cap, networkGbps ?? cap, HUB_GBPS)
  const downloadSeconds = Math.ceil(((weightsBytes + ENGINE_DOWNLOAD_BYTES) * 8) / (gbps * 1e9))
  const loadSeconds = Math.ceil(PROCESS_START_SECONDS + weightsBytes / LOAD_BYTES_PER_SECOND)
  const totalSeconds = BOOT_SECONDS + downloadSeconds + loadSeconds + COMPILE_SECONDS
  return { bootSeconds: BOOT_SECONDS, downloadSeconds, loadSeconds, compileSeconds: COMPILE_SECONDS, totalSeconds }
}

/** The image's own disk is 75 GB, and no machine can have a smaller one; engine and logs come on top. */
const SYSTEM_AND_ENGINE_GB = 100
/** Of gp3 at no extra price; with the weights on it, loading them would be the longest part of a start. */
const FREE_MBPS = 125
const WEIGHTS_MBPS = 500
const WEIGHTS_ROOM = 1.05

export interface Disk {
  /** Network disk to rent, GB. */
  readonly rootGB: number
  /** True when the weights go to the machine's own disks, which cost nothing. */
  readonly weightsOnLocalDisk: boolean
  /** Of the network disk, MB/s. */
  readonly throughputMBps: number
}

export function diskFor({ nvmeGB }: InstanceType, weightsBytes: number): Disk {
  const weightsGB = Math.ceil((weightsBytes / 1e9) * WEIGHTS_ROOM)
  const weightsOnLocalDisk = nvmeGB >= weightsGB
  return {
    rootGB: SYSTEM_AND_ENGINE_GB + (weightsOnLocalDisk ? 0 : weightsGB),
    weightsOnLocalDisk,
    throughputMBps: weightsOnLocalDisk ? FREE_MBPS : WEIGHTS_MBPS,
  }
}

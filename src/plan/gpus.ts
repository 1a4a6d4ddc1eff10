/** What labos knows of GPUs beyond what a cloud says of them. */
export interface Gpu {
  readonly name: string
  /** Memory that CUDA sees, in GiB: less than the board's. Measured (H100), else from the vendor or a safe value. */
  readonly visibleGiB: number
  /** CUDA compute capability: 8.9 = Ada. */
  readonly computeCapability: number
  /** Memory bandwidth in GB/s, the vendor's figure: what bounds decoding. Only used to order offers by speed. */
  readonly bandwidthGBps: number
}

const gpu = (name: string, visibleGiB: number, computeCapability: number, bandwidthGBps: number): Gpu => ({
  name,
  visibleGiB,
  computeCapability,
  bandwidthGBps,
})

export const gpus: readonly Gpu[] = [
  gpu('T4', 14.6, 7.5, 320),
  gpu('T4g', 14.6, 7.5, 320),
  gpu('V100-16GB', 15.7, 7, 900),
  gpu('V100-32GB', 31.7, 7, 900),
  gpu('A10G', 22, 8.6, 600),
  gpu('L4', 22, 8.9, 300),
  gpu('L40S', 44.4, 8.9, 864),
  gpu('A100-40GB', 39.4, 8, 1555),
  gpu('A100-80GB', 79.1, 8, 2039),
  gpu('H100', 79.1, 9, 3350),
  gpu('H200', 139.8, 9, 4800),
  gpu('RTX-PRO-4500', 31.4, 12, 896),
  gpu('RTX-PRO-6000', 95, 12, 1597),
  gpu('B200', 178, 10, 8000),
  gpu('B300', 266, 10.3, 8000),
]

/** Of a GPU that came after this version: newer than all of these, so at least as capable. */
const ASSUMED_CAPABILITY = 10
const ASSUMED_VISIBLE = 0.95
const ASSUMED_BANDWIDTH = 600
/** Of what nvidia-smi says; the least that was seen is 0.971. */
const HOST_VISIBLE = 0.97
const ALIKE = 0.06

/** A host of the user's own says itself what its GPU is; what CUDA sees is less than the board's where the GPU is not known. */
export function gpuOfHost(name: string, memoryMiB: number, computeCapability: number): Gpu {
  const plainName = plain(name.replace(/^(?:NVIDIA|Tesla)\s+/, ''))
  const alike = gpus
    .filter((entry) => plainName.startsWith(plain(entry.name.replace(/-\d+GB$/, ''))))
    .filter(({ visibleGiB }) => Math.abs(visibleGiB / (memoryMiB / 1024) - 1) < ALIKE)
    .sort((one, other) => other.name.length - one.name.length)[0]
  const visibleGiB = alike?.visibleGiB ?? (memoryMiB / 1024) * HOST_VISIBLE
  return { name, visibleGiB, computeCapability, bandwidthGBps: alike?.bandwidthGBps ?? ASSUMED_BANDWIDTH }
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

const KNOWN = new Map(gpus.map((entry) => [entry.name, { ...entry, isAssumed: false }]))

/** A known GPU, or what is assumed of one that labos does not know from the memory its cloud reports. */
export function gpuNamed(name: string, reportedMiB: number): Gpu & { readonly isAssumed: boolean } {
  const known = KNOWN.get(name)
  if (known) return known
  const assumed = gpu(name, (reportedMiB / 1024) * ASSUMED_VISIBLE, ASSUMED_CAPABILITY, ASSUMED_BANDWIDTH)
  return { ...assumed, isAssumed: true }
}

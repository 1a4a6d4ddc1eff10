/** What the machines' nvidia-smi says: the file that the image's stand-in reads. Pure. */
import { shippedTable } from '../../src/plan/aws/type-table.js'

export const GPU_FILE = 'etc/labos-test/gpu'
const DRIVER = '580.95.05'

/** As nvidia-smi names them, with the memory that it counts: less than EC2 says where error correction takes a part. */
const KNOWN: Readonly<Record<string, readonly [memoryMiB: number, name: string]>> = {
  T4: [15_360, 'Tesla T4'],
  'V100-16GB': [16_384, 'Tesla V100-SXM2-16GB'],
  'V100-32GB': [32_768, 'Tesla V100-SXM2-32GB'],
  A10G: [23_028, 'NVIDIA A10G'],
  L4: [23_034, 'NVIDIA L4'],
  L40S: [46_068, 'NVIDIA L40S'],
  'A100-40GB': [40_960, 'NVIDIA A100-SXM4-40GB'],
  'A100-80GB': [81_920, 'NVIDIA A100-SXM4-80GB'],
  H100: [81_559, 'NVIDIA H100 80GB HBM3'],
  H200: [143_771, 'NVIDIA H200'],
}

export interface GpuWish {
  readonly count: number
  readonly memoryMiB: number
  readonly name: string
  readonly driver?: string
}

/** Of the GPUs that a type has; a type without one has an empty file. */
export function gpusOf(instanceType: string): string {
  const type = shippedTable.types.find((each) => each.instanceType === instanceType)
  if (!type) return ''
  const [memoryMiB, name] = KNOWN[type.gpu] ?? [type.gpuMemoryMiB, `NVIDIA ${type.gpu}`]
  return gpuFile({ count: type.gpuCount, memoryMiB, name })
}

export const gpuFile = ({ count, memoryMiB, name, driver = DRIVER }: GpuWish): string =>
  [`driver ${driver}`, ...Array.from({ length: count }, () => `gpu ${String(memoryMiB)} ${name}`), ''].join('\n')

/** The file of a machine whose nvidia-smi fails so. */
export const gpuFailure = (exitCode: number, message: string): string => `fail ${String(exitCode)} ${message}\n`

/** Whether the type has disks of its own, which a stop empties. */
export const hasInstanceStore = (instanceType: string): boolean =>
  (shippedTable.types.find((each) => each.instanceType === instanceType)?.nvmeGB ?? 0) > 0

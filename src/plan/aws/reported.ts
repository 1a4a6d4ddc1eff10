/** Types as EC2 reports them -> types of the table: GPU names as labos has them. */
import type { ReportedType } from '../../cloud-ports.js'
import { gpus } from '../gpus.js'
import type { InstanceType } from './type-table.js'

/** Facts of the table's entry; where it is offered and what it costs come from elsewhere. */
export type TypeFacts = Omit<InstanceType, 'zones' | 'usdPerHour'>

export function factsOf({ gpuName, ...reported }: ReportedType): TypeFacts {
  return { ...reported, gpu: knownGpu(gpuName, reported.gpuMemoryMiB) ?? gpuName }
}

/** EC2 says "A100" for both sizes, and "RTX PRO Server 6000" for what is sold as RTX PRO 6000. */
function knownGpu(name: string, memoryMiB: number): string | undefined {
  const words = name
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .filter((word) => word !== 'SERVER' && word !== 'NVIDIA')
  const plain = words.join('-')
  const exact = gpus.find((gpu) => gpu.name.toUpperCase() === plain)
  if (exact) return exact.name
  const sized = gpus.filter((gpu) => gpu.name.toUpperCase().startsWith(`${plain}-`))
  const gib = memoryMiB / 1024
  return sized.find(({ name: full }) => Math.abs(Number(/-(\d+)GB$/.exec(full)?.[1] ?? NaN) - gib) < 4)?.name
}

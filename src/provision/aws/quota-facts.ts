/** vCPU quotas: what the account may run, and what counts against it now. */
import type { Launch, VcpuUse } from '../../cloud-ports.js'
import { quotaOf } from '../../plan/aws/quota.js'
import type { Known } from './known.js'

export interface QuotaFact {
  readonly code: string
  readonly limitVcpus: Known<number>
  readonly usedVcpus: Known<number>
}

export async function quotaFacts(
  launch: Pick<Launch, 'quotaVcpus' | 'vcpusInUse'>,
  codes: readonly string[],
  ask: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<Known<T>>,
): Promise<QuotaFact[]> {
  const use = codes.length === 0 ? undefined : ask((until) => launch.vcpusInUse(until))
  const limits = codes.map((code) => ask((until) => launch.quotaVcpus(code, until)))
  const [uses, ...limitVcpus] = await Promise.all([use, ...limits])
  return codes.flatMap((code, index) => {
    const limit = limitVcpus[index]
    if (!limit || !uses) return []
    return [{ code, limitVcpus: limit, usedVcpus: uses.known ? { known: true, value: used(uses.value, code) } : uses }]
  })
}

/** Machines without a GPU count against quotas of their own. */
const used = (uses: readonly VcpuUse[], code: string): number =>
  uses
    .filter(
      ({ instanceType, market }) =>
        /^(?:g|gr|vt|p)\d/.test(instanceType) && quotaOf(instanceType, market).code === code,
    )
    .reduce((sum, { vcpus }) => sum + vcpus, 0)

/** vCPUs that are free for more; undefined where the limit is not known. What is in use and not known counts as nothing. */
export function freeVcpus({ limitVcpus, usedVcpus }: QuotaFact): number | undefined {
  if (!limitVcpus.known) return undefined
  return Math.max(0, limitVcpus.value - (usedVcpus.known ? usedVcpus.value : 0))
}

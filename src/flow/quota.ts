/** The account's vCPU quotas of GPU machines in one region: listed, and asked for more. */
import { LabosError } from '../errors/labos-error.js'
import { quotaConsole } from '../plan/aws/home-region.js'
import type { Market } from '../plan/aws/price.js'
import { type GpuQuota, gpuQuotas, type QuotaFamily } from '../plan/aws/quota.js'
import { checkRegion } from '../plan/rent/check.js'
import { read, valueOf } from '../provision/aws/known.js'
import { type QuotaFact, quotaFacts } from '../provision/aws/quota-facts.js'
import { readTypeTable } from '../state/type-table.js'
import type { Context } from './context.js'

/** Public: `labos quota --json` prints it. */
export interface QuotaList {
  readonly schemaVersion: 1
  readonly region: string
  readonly quotas: readonly ListedQuota[]
  /** What could not be read, and why. */
  readonly unknown: readonly string[]
}

export interface ListedQuota extends GpuQuota {
  /** Null = not known. */
  readonly limitVcpus: number | null
  readonly usedVcpus: number | null
  /** Where the AWS console shows it. */
  readonly console: string
}

type Deps = Pick<Context, 'aws' | 'clock' | 'emit' | 'paths' | 'prompt'>

const DEADLINE_MS = 10_000

/** Throws `usage.value` for a region that labos does not know, and what AWS refuses when no limit can be read. */
export async function listQuotas(region: string, deps: Deps, signal: AbortSignal): Promise<QuotaList> {
  await checkKnown(region, deps)
  const facts = await readQuotas(region, gpuQuotas, deps, signal)
  const [first] = facts
  if (first && !first.limitVcpus.known && !facts.some(({ limitVcpus }) => limitVcpus.known))
    throw first.limitVcpus.error
  const unread = facts.flatMap(({ limitVcpus, usedVcpus }) => [limitVcpus, usedVcpus])
  return {
    schemaVersion: 1,
    region,
    quotas: gpuQuotas.map((quota) => listed(quota, region, facts)),
    unknown: [...new Set(unread.flatMap((fact) => (fact.known ? [] : [fact.why])))],
  }
}

function listed(quota: GpuQuota, region: string, facts: readonly QuotaFact[]): ListedQuota {
  const fact = facts.find(({ code }) => code === quota.code)
  return {
    ...quota,
    limitVcpus: (fact && valueOf(fact.limitVcpus)) ?? null,
    usedVcpus: (fact && valueOf(fact.usedVcpus)) ?? null,
    console: quotaConsole(region, quota.code),
  }
}

async function readQuotas(
  region: string,
  quotas: readonly GpuQuota[],
  { aws, clock }: Deps,
  signal: AbortSignal,
): Promise<QuotaFact[]> {
  const { launch } = await aws(region)
  return quotaFacts(
    launch,
    quotas.map(({ code }) => code),
    (work) => read(work, { clock, deadlineMs: DEADLINE_MS }, signal),
  )
}

async function checkKnown(region: string, { paths, emit }: Deps): Promise<void> {
  const { table, warning } = await readTypeTable(paths.cacheDir)
  if (warning !== undefined) emit({ type: 'note', text: warning })
  const refusal = checkRegion(region, table)
  if (refusal) throw new LabosError(refusal.code, refusal.message, { suggestions: refusal.suggestions })
}

export interface QuotaWish {
  readonly region: string
  readonly vcpus: number
  readonly market: Market
  readonly family: QuotaFamily
  /** The user said yes beforehand. */
  readonly agreed: boolean
}

/** Public: `labos quota request --json` prints it. */
export interface QuotaRequested {
  readonly schemaVersion: 1
  readonly region: string
  readonly code: string
  readonly name: string
  /** What was asked for. */
  readonly vcpus: number
  /** The limit now; null = not known. */
  readonly limitVcpus: number | null
  /** `open`: a wish for this quota was made before, and AWS takes one at a time. `enough`: the limit is that high already. */
  readonly outcome: 'requested' | 'open' | 'enough'
  readonly id: string | null
  /** AWS's word for the state of the request. */
  readonly state: string | null
  readonly console: string
}

/** Asks AWS for a higher quota, after a yes. Throws `input.needed`, `usage.value`, `interrupted`, and what AWS refuses. */
export async function requestQuota(wish: QuotaWish, deps: Deps, signal: AbortSignal): Promise<QuotaRequested> {
  const { region, vcpus } = wish
  const quota = quotaFor(wish)
  await checkKnown(region, deps)
  const [fact] = await readQuotas(region, [quota], deps, signal)
  const limitVcpus = (fact && valueOf(fact.limitVcpus)) ?? null
  const about = { schemaVersion: 1, region, code: quota.code, name: quota.name, vcpus, limitVcpus } as const
  const console = quotaConsole(region, quota.code)
  if (limitVcpus !== null && limitVcpus >= vcpus) return { ...about, outcome: 'enough', id: null, state: null, console }
  await agree(wish, quota, limitVcpus, deps)
  const { launch } = await deps.aws(region)
  const { id, state } = await launch.requestQuota(quota.code, vcpus, signal)
  return { ...about, outcome: id === '' ? 'open' : 'requested', id: id === '' ? null : id, state, console }
}

/** On demand all P types have one quota; on the spot market there are two. */
function quotaFor({ family, market }: QuotaWish): GpuQuota {
  const wanted = market === 'on-demand' && family !== 'g' ? 'p' : family
  const found = gpuQuotas.find((quota) => quota.market === market && quota.family === wanted)
  if (found) return found
  throw new LabosError('usage.value', `--family ${family}: P types have two spot quotas.`, {
    suggestions: ['For P4, P3 and P2: `--family p4`.', 'For P5: `--family p5`.'],
  })
}

async function agree(
  { region, vcpus, agreed }: QuotaWish,
  { name, code }: GpuQuota,
  limitVcpus: number | null,
  { prompt }: Deps,
): Promise<void> {
  if (agreed) return
  if (!prompt)
    throw new LabosError('input.needed', 'A request to AWS needs a yes, and there is no terminal to ask at.', {
      suggestions: ['Agree beforehand: `--yes`.', `Or only look: \`labos quota --region ${region}\`.`],
      aftermath: 'Nothing was asked for.',
    })
  const now = limitVcpus === null ? '' : `, now ${String(limitVcpus)}`
  const question = `Ask AWS for ${String(vcpus)} vCPUs of "${name}" (${code}) in ${region}${now}?`
  if (await prompt.confirm(question, true)) return
  throw new LabosError('interrupted', 'Not asked for: you said no.', {
    suggestions: [`See the limits: \`labos quota --region ${region}\`.`],
  })
}

/** Asks AWS about the regions of a plan. Reads only; without credentials nothing is asked, and that is said. */
import { LabosError } from '../errors/labos-error.js'
import type { Offer } from '../plan/rent/offer.js'
import { emptyCheck, type RegionCheck } from '../plan/rent/region-check.js'
import type { RentPlan } from '../plan/rent/rent-plan.js'
import { gatherFacts, type RegionFacts } from '../provision/aws/facts.js'
import { valueOf } from '../provision/aws/known.js'
import type { Context } from './context.js'
import { regionCheck } from './check-aws-region.js'

type Checked = Pick<RentPlan, 'offers' | 'checks' | 'notes'>
type Deps = Pick<Context, 'aws' | 'clock' | 'emit'>

/** Offers with their quota as AWS has it, one check a region, and notes. */
export async function checkAws(plan: RentPlan, deps: Deps, signal: AbortSignal): Promise<Checked> {
  const regions = regionsOf(plan)
  const sinceMs = deps.clock.monotonicMs()
  deps.emit({ type: 'start', step: 'facts', text: `asking AWS about ${regions.join(', ')}` })
  try {
    const asked = await Promise.all(regions.map((region) => checkRegion(region, plan, deps, signal)))
    const elapsedMs = deps.clock.monotonicMs() - sinceMs
    deps.emit({ type: 'done', step: 'facts', text: `asked AWS about ${regions.join(', ')}`, elapsedMs })
    return {
      offers: plan.offers.map((offer) => withQuota(offer, asked)),
      checks: asked.map(({ check }) => check),
      notes: [],
    }
  } catch (error) {
    if (!(error instanceof LabosError) || error.code !== 'aws.credentials') throw error
    const note = `AWS was not asked. ${error.message} ${error.suggestions[0].replaceAll('`', '')}`
    return { offers: plan.offers, checks: [], notes: [note] }
  }
}

/** Of what fits; of a plan in which nothing does, those that were asked for. */
const regionsOf = ({ offers, request }: RentPlan): readonly string[] => {
  const fit = offers.filter(({ verdict }) => verdict === 'fits').map(({ region }) => region)
  return [...new Set(fit.length > 0 ? fit : request.regions)]
}

interface Asked {
  readonly check: RegionCheck
  readonly facts?: RegionFacts
}

async function checkRegion(region: string, plan: RentPlan, deps: Deps, signal: AbortSignal): Promise<Asked> {
  const offers = plan.offers.filter((offer) => offer.verdict === 'fits' && offer.region === region)
  const wish = {
    region,
    types: offers.map(({ instanceType }) => instanceType),
    market: plan.request.market,
    quotaCodes: [...new Set(offers.flatMap(({ quota }) => quota.code ?? []))],
  }
  try {
    const quiet = { clock: deps.clock, emit: () => undefined } // one line for all regions
    const facts = await gatherFacts(await deps.aws(region), wish, quiet, signal)
    return { check: regionCheck(offers, facts, deps.clock.now()), facts }
  } catch (error) {
    if (!(error instanceof LabosError) || error.code !== 'aws.region') throw error
    const { code, message, suggestions } = error
    return { check: { ...emptyCheck(region), enabled: false, refusal: { code, message, suggestions } } }
  }
}

function withQuota(offer: Offer, asked: readonly Asked[]): Offer {
  const facts = asked.find(({ check }) => check.region === offer.region)?.facts
  const fact = facts?.quotas.find(({ code }) => code === offer.quota.code)
  if (!fact?.limitVcpus.known) return offer
  const usedVcpus = valueOf(fact.usedVcpus) ?? null
  return { ...offer, quota: { ...offer.quota, checked: true, limitVcpus: fact.limitVcpus.value, usedVcpus } }
}

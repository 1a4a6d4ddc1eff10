/** Before anything is made in a region: its facts, the user's yes, the record. What comes out is what the stack makes. */
import type { LabSpec } from '../../../infra/spec.js'
import { labFiles } from '../../bootstrap/lab-files.js'
import { machineScripts } from '../../bootstrap/machine-scripts.js'
import { userData, type UserDataWish } from '../../bootstrap/user-data.js'
import { LabosError } from '../../errors/labos-error.js'
import { quotaOf } from '../../plan/aws/quota.js'
import { limitsOf } from '../../plan/rent/serving.js'
import { type FactsWish, gatherFacts, type RegionFacts } from '../../provision/aws/facts.js'
import { droppedTexts, ladderIn, type Ladder, withinSpotPrice } from '../../provision/aws/facts-rungs.js'
import { refuseLaunch, warningsOf } from '../../provision/aws/facts-verdict.js'
import { labSpec } from '../../provision/aws/lab-spec.js'
import type { RentedLab, RentedOffer } from '../../state/record.js'
import { ensureLabKeys, type LabKeys } from '../../state/ssh-keys.js'
import type { Context } from '../context.js'
import { isThere } from '../rented-record.js'
import { callerCidr } from './caller-address.js'
import type { RentUpRequest } from './request.js'

/** Of Ubuntu's images. */
const IMAGE_USER = 'ubuntu'
const SSH_PORT = 22

export interface Prepared {
  readonly record: RentedLab
  readonly spec: LabSpec
}

/**
 * Reads the facts of the region and puts the record and the inputs together; makes nothing but, when it was asked to, the
 * default network. Throws why nothing can be made there.
 */
export async function prepare(
  lab: RentedLab,
  region: string,
  request: RentUpRequest,
  context: Context,
  signal: AbortSignal,
): Promise<Prepared> {
  const [{ facts, ladder }, access, scripts] = await Promise.all([
    factsWithNetwork(lab, region, request, context, signal),
    accessOf(lab, request, context, signal),
    machineScripts(context.templatesDir),
  ])
  for (const text of warningsOf(facts, context.clock.now())) context.emit({ type: 'note', step: 'facts', text })
  const refusal = refuseLaunch(facts, ladder)
  if (refusal) throw new LabosError(refusal.code, refusal.message, { suggestions: refusal.suggestions })
  for (const text of droppedTexts(ladder.dropped)) context.emit({ type: 'note', step: 'facts', text })
  const { image, identity } = facts
  if (!image.known || !image.value) throw new Error('a launch without an image was not refused')
  if (!identity.known) throw noAccount(identity.error)
  // Not beside the reading: where that fails, the lab's folder is removed at once.
  const keys = await ensureLabKeys(context.paths, lab.name, context.makeSshKey)
  const ttlMs = Math.min(...ladder.rungs.map(({ offer }) => offer.deadlineMs))
  // By AWS's clock: a laptop's may be wrong, and the machine's is AWS's.
  const expiresAt = new Date(context.clock.now() - (facts.skewMs ?? 0) + ttlMs).toISOString()
  const record: RentedLab = {
    ...lab,
    accountId: identity.value.accountId,
    plan: { ...lab.plan, lease: { ttlMs } },
    ssh: { user: IMAGE_USER, port: SSH_PORT, hostKeys: hostKeysOf(lab) ?? [keys.host.publicKey] },
    access,
    expiresAt,
  }
  const told = { ...record, model: lab.plan.model.id, version: context.version, expiresAt }
  const spec = labSpec({
    lab: told,
    facts,
    image: image.value,
    rungs: ladder.rungs,
    ingress: [...access.allowed, ...access.own],
    userData: userData(toldMachine(record, scripts, keys)),
    waitCapacityMs: request.waitCapacityMs,
  })
  return { record, spec }
}

/** Those of a machine that is there: it may have a key of its own already. */
const hostKeysOf = ({ machine, ssh }: RentedLab): string[] | undefined =>
  machine && isThere(machine.state) ? ssh?.hostKeys : undefined

function toldMachine(
  { id, plan: { model, lease, serving } }: RentedLab,
  scripts: ReadonlyMap<string, string>,
  keys: LabKeys,
): UserDataWish {
  const told = { scripts, hostKey: keys.host, userKey: keys.user.publicKey, isLaboratory: serving !== undefined }
  const lab = { labId: id, provider: 'aws' as const }
  if (!serving) return { ...told, files: labFiles({ ...lab, lease }) }
  const { machines } = serving
  const laboratory = {
    ...serving,
    ...model,
    machines: machines.map(({ instanceType, ...machine }) => ({ type: instanceType, ...machine })),
  }
  return { ...told, files: labFiles({ ...lab, lease: { ...lease, ...limitsOf(serving) }, laboratory }) }
}

async function factsWithNetwork(
  { plan: { offers } }: RentedLab,
  region: string,
  { subnetId, makeNetwork, wish: { maxUsdPerHour } }: RentUpRequest,
  context: Context,
  signal: AbortSignal,
): Promise<{ readonly facts: RegionFacts; readonly ladder: Ladder<RentedOffer> }> {
  const here = offers.filter((offer) => offer.region === region)
  const wish: FactsWish = {
    region,
    types: [...new Set(here.map(({ instanceType }) => instanceType))],
    market: here[0]?.market ?? 'on-demand',
    quotaCodes: [...new Set(here.flatMap(({ instanceType, market }) => quotaOf(instanceType, market).code ?? []))],
    ...(subnetId === undefined ? {} : { subnetId }),
  }
  const aws = await context.aws(region)
  const facts = await gatherFacts(aws, wish, context, signal)
  const isWithout = facts.network.known && facts.network.value === undefined && subnetId === undefined
  const ladder = (read: RegionFacts): Ladder<RentedOffer> =>
    withinSpotPrice(ladderIn(offers, read), read, maxUsdPerHour)
  if (!isWithout || !makeNetwork) return { facts, ladder: ladder(facts) }
  context.emit({ type: 'note', step: 'facts', text: `making the default network of ${region}` })
  await aws.launch.makeDefaultNetwork(signal)
  const again = await gatherFacts(aws, wish, context, signal)
  return { facts: again, ladder: ladder(again) }
}

/** Who was named once stays let in, until others are named. */
async function accessOf(
  { access }: RentedLab,
  { ingress }: RentUpRequest,
  context: Context,
  signal: AbortSignal,
): Promise<NonNullable<RentedLab['access']>> {
  if (ingress.length > 0) return { own: [], allowed: [...ingress] }
  if (access && access.allowed.length > 0) return access
  return { own: [await callerCidr(context, signal)], allowed: [] }
}

const noAccount = (cause: LabosError): LabosError =>
  new LabosError(cause.code, `AWS does not say whose credentials these are: ${cause.message}`, {
    suggestions: cause.suggestions,
    cause,
  })

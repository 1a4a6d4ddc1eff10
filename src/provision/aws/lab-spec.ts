/** The stack's inputs from a lab's record and the facts of a region. Pure. */
import type { LabSpec, Rung as StackRung } from '../../../infra/spec.js'
import type { MachineImage } from '../../cloud-ports.js'
import { TAGS } from '../../plan/aws/tags.js'
import type { RegionFacts } from './facts.js'
import type { LadderOffer, Rung } from './facts-rungs.js'

interface SpecOffer extends LadderOffer {
  readonly diskGB: number
  readonly diskThroughputMBps: number
}

interface SpecLab {
  readonly id: string
  readonly name: string
  readonly owner: string
  readonly runId?: string
  readonly accountId: string
  readonly model: string
  readonly version: string
  /** ISO 8601. */
  readonly expiresAt: string
}

interface SpecWish {
  readonly lab: SpecLab
  readonly facts: RegionFacts
  readonly image: MachineImage
  readonly rungs: readonly Rung<SpecOffer>[]
  readonly ingress: readonly string[]
  /** cloud-init's user data. */
  readonly userData: Uint8Array
  readonly waitCapacityMs: number
}

export function labSpec({ lab, facts, image, rungs, ingress, userData, waitCapacityMs }: SpecWish): LabSpec {
  const place = { region: facts.region, accountId: lab.accountId, labId: lab.id, tags: tagsOf(lab) }
  const vpcId = facts.network.known ? facts.network.value?.vpcId : undefined
  return {
    access: { ...place, ...(vpcId === undefined ? {} : { vpcId }), ingress },
    machine: {
      ...place,
      rungs: rungs.map((rung) => stackRung(rung, image)),
      imageId: image.id,
      rootDevice: image.rootDevice,
      userData: Buffer.from(userData).toString('base64'),
      waitCapacityMs,
    },
  }
}

const stackRung = ({ offer, zone, subnetId }: Rung<SpecOffer>, { snapshotGB }: MachineImage): StackRung => ({
  instanceType: offer.instanceType,
  market: offer.market,
  ...(zone === undefined ? {} : { zone }),
  ...(subnetId === undefined ? {} : { subnetId }),
  disk: { sizeGB: Math.max(offer.diskGB, snapshotGB), throughputMBps: offer.diskThroughputMBps },
})

/** AWS takes letters, digits, blanks and `+-=._:/@` in values, 256 of them. */
const tagText = (text: string): string => text.replaceAll(/[^\p{L}\p{N} +\-=._:/@]/gu, '-').slice(0, 256)

export function tagsOf({ id, name, owner, runId, model, version, expiresAt }: SpecLab): Record<string, string> {
  return {
    [TAGS.lab]: id,
    [TAGS.name]: name,
    [TAGS.owner]: tagText(owner),
    [TAGS.expiresAt]: expiresAt,
    [TAGS.model]: tagText(model),
    [TAGS.version]: version,
    Name: `labos ${name}`,
    ...(runId === undefined ? {} : { [TAGS.run]: tagText(runId) }),
  }
}

/** Who may reach the machine: one security group a lab, port 22 alone. */
import { Ec2Refusal, type Ec2Calls, type Group, type OpenEc2 } from './ec2-calls.js'
import { refusalKind } from './aws-refusals.js'
import { accessInputs, problems } from './inputs.js'
import { failure } from './machine/machine.js'
import type { Time } from './machine/intent.js'
import type { Handler, Made } from './provider/handler.js'
import { isSame } from './provider/values.js'
import type { AccessInputs } from './spec.js'

const IN_USE_PAUSE_MS = 1000
const IN_USE_MOST_MS = 900_000
const UNSEEN_PAUSE_MS = 1000
const UNSEEN_TRIES = 6

/** Names are unique in a network: a second group of the same name cannot come to be. */
export const groupName = (labId: string): string => `labos-${labId}`

export function accessHandler(open: OpenEc2, time: Time): Handler {
  return {
    type: 'labos:ec2:Access',
    check: (inputs) => problems(accessInputs, inputs),
    diff: (before, inputs) => {
      const isOther = (name: string): boolean => before[name] !== inputs[name]
      // A network that could not be read this time is no other network.
      const isMovedVpc = before['vpcId'] !== undefined && inputs['vpcId'] !== undefined && isOther('vpcId')
      const replaces = [...['region', 'labId'].filter(isOther), ...(isMovedVpc ? ['vpcId'] : [])]
      const isMoved = !isSame(before['ingress'], inputs['ingress'])
      return { changes: [...replaces, ...(isMoved ? ['ingress'] : [])], replaces }
    },
    create: async (values) => {
      const inputs = accessInputs.parse(values)
      const ec2 = await open(inputs.region)
      return translated(inputs, () => make(inputs, ec2, time))
    },
    read: async (id, values) => {
      const inputs = accessInputs.parse(values)
      const ec2 = await open(inputs.region)
      const groups = await translated(inputs, () => ec2.groupsOf(inputs.labId))
      const group = groups.find((each) => each.id === id)
      return group && made(id, { ...inputs, ingress: group.ingress })
    },
    update: async (id, _before, values) => {
      const inputs = accessInputs.parse(values)
      const ec2 = await open(inputs.region)
      const groups = await translated(inputs, () => ec2.groupsOf(inputs.labId))
      const group = groups.find((each) => each.id === id) ?? { id, vpcId: inputs.vpcId ?? '', ingress: [] }
      return translated(inputs, () => withRules(group, inputs, ec2, time))
    },
    delete: async (id, values, { signal }) => {
      const ec2 = await open(String(values['region']))
      const sinceMs = time.now()
      while ((await ec2.deleteGroup(id)) === 'in-use') {
        if (signal.aborted || time.now() - sinceMs > IN_USE_MOST_MS) throw new Error(`${id} is still in use`)
        await time.sleep(IN_USE_PAUSE_MS, signal).catch(() => undefined) // cancelled: seen in the next round
      }
    },
  }
}

async function make(inputs: AccessInputs, ec2: Ec2Calls, time: Time): Promise<Made> {
  const found = await ownGroup(inputs, ec2)
  return withRules(found ?? (await created(inputs, ec2)), inputs, ec2, time)
}

const ownGroup = async ({ labId, vpcId }: AccessInputs, ec2: Ec2Calls): Promise<Group | undefined> =>
  (await ec2.groupsOf(labId)).find((group) => vpcId === undefined || group.vpcId === vpcId)

async function created(inputs: AccessInputs, ec2: Ec2Calls): Promise<Group> {
  const { labId, vpcId, tags } = inputs
  const inVpc = vpcId === undefined ? {} : { vpcId }
  try {
    return { id: await ec2.createGroup({ name: groupName(labId), tags, ...inVpc }), vpcId: vpcId ?? '', ingress: [] }
  } catch (error) {
    // Made by a request whose answer was lost, or not yet seen by the read before.
    const isThere = error instanceof Ec2Refusal && refusalKind(error.code, '') === 'exists'
    const group = isThere ? await ownGroup(inputs, ec2) : undefined
    if (!group) throw error
    return group
  }
}

async function withRules(group: Group, inputs: AccessInputs, ec2: Ec2Calls, time: Time): Promise<Made> {
  for (const cidr of inputs.ingress.filter((each) => !group.ingress.includes(each)))
    await allowed(group, cidr, ec2, time)
  for (const cidr of group.ingress.filter((each) => !inputs.ingress.includes(each))) await ec2.disallow(group.id, cidr)
  return made(group.id, inputs)
}

/** EC2 may not know yet of a group that it has just made. */
async function allowed({ id }: Group, cidr: string, ec2: Ec2Calls, time: Time): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await ec2.allow(id, cidr)
      return
    } catch (error) {
      const isUnseen = error instanceof Ec2Refusal && refusalKind(error.code, '') === 'gone'
      if (!isUnseen || tries === UNSEEN_TRIES) throw error
      await time.sleep(UNSEEN_PAUSE_MS)
    }
  }
}

const made = (id: string, inputs: AccessInputs): Made => ({ id, state: { ...inputs } })

async function translated<T>(inputs: AccessInputs, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Ec2Refusal)) throw error
    throw new Ec2Refusal(error.code, failure(error, inputs, []), error.permission)
  }
}

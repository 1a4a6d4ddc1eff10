/** The GPU machine of a lab: exactly one, whatever happens in between. */
import { Ec2Refusal, type Ec2Calls, type OpenEc2, type SeenMachine } from '../ec2-calls.js'
import { machineInputs, problems } from '../inputs.js'
import { type Call, Cancelled, type Handler, type Made, PartialFailure, type Values } from '../provider/handler.js'
import { type Attempt, FAILED, type Failure, type MachineInputs, type Rung, type Said, SAYS } from '../spec.js'
import { climb, type ClimbDeps, hasEnded, newProgress, NoRung, refused, resend } from './climb.js'
import type { Intents, Time } from './intent.js'
import { settled } from './settle.js'

export interface MachineDeps {
  readonly open: OpenEc2
  readonly intents: Intents
  readonly time: Time
}

const DELETE_POLL_MS = 1000
const DELETE_MOST_MS = 900_000

export function machineHandler({ open, intents, time }: MachineDeps): Handler {
  const depsFor = async ({ region }: MachineInputs, call: Call): Promise<ClimbDeps> => ({
    ec2: await open(region),
    intents,
    time,
    signal: call.signal,
    say: (said: Said) => call.say(`${SAYS}${JSON.stringify(said)}`),
  })
  return {
    type: 'labos:ec2:Machine',
    check: (inputs) => problems(machineInputs, inputs),
    // A machine that is there stays as it is: images, prices and zones change every day, and none is a reason to end it.
    diff: (before, inputs) => {
      const changes = ['region', 'labId'].filter((name) => before[name] !== inputs[name])
      return { changes, replaces: changes }
    },
    create: async (values, call) => {
      const inputs = machineInputs.parse(values)
      const deps = await depsFor(inputs, call)
      return translated(inputs, () => make(inputs, deps))
    },
    read: async (id, values, call) => {
      const inputs = machineInputs.parse(values)
      const { ec2 } = await depsFor(inputs, call)
      const machine = await translated(inputs, () => ec2.machine(id))
      return machine && !hasEnded(machine) ? made(machine, values) : undefined
    },
    update: async (id, _before, values, call) => {
      const inputs = machineInputs.parse(values)
      const deps = await depsFor(inputs, call)
      return translated(inputs, async () => {
        const machine = await deps.ec2.machine(id)
        if (!machine || hasEnded(machine)) throw ended(machine)
        return settledOrKept(machine, inputs, deps)
      })
    },
    delete: async (id, values, call) => {
      const region = String(values['region'])
      const ec2 = await open(region)
      await gone(id, ec2, time, call.signal)
    },
  }
}

/** Adopts what is there; sends again what had no answer; else climbs. A machine that ends while it starts is one more refusal. */
async function make(inputs: MachineInputs, deps: ClimbDeps): Promise<Made> {
  const progress = newProgress(deps.time.now() + inputs.waitCapacityMs)
  for (let adopted = await adoptable(inputs, deps); ; adopted = undefined) {
    const { machine, rung } = adopted ?? (await climb(inputs, progress, deps))
    deps.say({ type: adopted ? 'adopted' : 'made', machine: plain(machine) })
    const result = await settledOrKept(machine, inputs, deps).catch((error: unknown) => {
      if (error instanceof EndedEarly) return error
      throw error
    })
    if (!(result instanceof EndedEarly)) return result
    if (!rung) throw result
    refused(progress, rung, result, deps)
  }
}

/** What there is of this lab, with the rung that it came from where that is one of today's. */
async function adoptable(
  inputs: MachineInputs,
  deps: ClimbDeps,
): Promise<{ readonly machine: SeenMachine; readonly rung: Rung | undefined } | undefined> {
  const [machine] = (await deps.ec2.machinesOf(inputs.labId)).filter((each) => !hasEnded(each))
  if (!machine) return resend(inputs, deps)
  const { instanceType, market, zone } = machine
  const isIts = (rung: Rung): boolean =>
    rung.instanceType === instanceType && rung.market === market && (rung.zone ?? zone) === zone
  return { machine, rung: inputs.rungs.find(isIts) }
}

/** From here on there is a machine: whatever goes wrong, its id is kept. */
async function settledOrKept(machine: SeenMachine, inputs: MachineInputs, deps: ClimbDeps): Promise<Made> {
  let latest: SeenMachine
  try {
    latest = await settled(machine, deps.ec2, deps.time, deps.signal)
  } catch (error) {
    if (!(error instanceof Ec2Refusal)) throw new PartialFailure(String(error), made(machine, { ...inputs }))
    throw new PartialFailure(failure(error, inputs, []), made(machine, { ...inputs }))
  }
  if (hasEnded(latest)) throw ended(latest)
  return made(latest, { ...inputs })
}

/** It ended while it started; EC2's reason tells whether another rung may do better. */
class EndedEarly extends Ec2Refusal {}

function ended(machine: SeenMachine | undefined): EndedEarly {
  const reason = machine?.stateReason ?? 'Unknown: the machine is gone'
  const [code = 'Unknown'] = reason.split(':')
  return new EndedEarly(code.replace(/^(?:Client|Server)\./, ''), `It ended while it started: ${reason}`, '')
}

const plain = ({ stateReason: _reason, ...machine }: SeenMachine): Omit<SeenMachine, 'stateReason'> => machine
const made = (machine: SeenMachine, inputs: Values): Made => ({
  id: machine.id,
  state: { ...inputs, machine: plain(machine) },
})

async function translated<T>(inputs: MachineInputs, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof NoRung)
      throw new Ec2Refusal(error.refusal.code, failure(error.refusal, inputs, error.tried), error.refusal.permission)
    if (error instanceof PartialFailure || !(error instanceof Ec2Refusal)) throw error
    throw new Ec2Refusal(error.code, failure(error, inputs, []), error.permission)
  }
}

export function failure(
  { code, message, permission }: Ec2Refusal,
  { region }: { readonly region: string },
  tried: readonly Attempt[],
): string {
  const told: Failure = { code, message, permission, region, tried }
  return `${FAILED}${JSON.stringify(told)}`
}

async function gone(id: string, ec2: Ec2Calls, time: Time, signal: AbortSignal): Promise<void> {
  await ec2.terminate(id)
  const sinceMs = time.now()
  for (;;) {
    const machine = await ec2.machine(id)
    if (!machine || machine.state === 'terminated') return
    if (signal.aborted) throw new Cancelled(`${id} is ${machine.state}`)
    if (time.now() - sinceMs > DELETE_MOST_MS) throw new Error(`${id} is still ${machine.state}`)
    await time.sleep(DELETE_POLL_MS, signal).catch(() => undefined) // cancelled: seen in the next round
  }
}

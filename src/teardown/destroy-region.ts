/** One region of `destroyLab`: rounds of search and removal until a search finds nothing. */
import type { CloudMachine, Holding, Holdings } from '../cloud-ports.js'
import { LabosError } from '../errors/labos-error.js'
import type { DestroyDeps, DestroyWish } from './destroy-lab.js'
import { endMachines } from './end-machines.js'

/** GPU machines have taken ten minutes to end. */
const LIMIT_MS = 15 * 60_000
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5000
/** Failures to reach AWS, one after the other, that are waited out once it has answered. */
const UNREACHED_MOST = 6

export interface RegionWish extends Omit<DestroyWish, 'regions'> {
  readonly region: string
}

interface RegionResult {
  readonly region: string
  readonly removed: readonly Holding[]
  readonly left: readonly Holding[]
  readonly error?: LabosError
}

/** What is known of the region's things, by id. */
interface Ledger {
  readonly seen: Map<string, Holding>
  /** As the last search found them, or the last look at a machine. */
  found: readonly Holding[]
  round: number
  /** Ids of what was ended or removed. */
  readonly done: Set<string>
  /** Rounds, one after the other, that changed nothing. */
  fruitless: number
  unreached: number
}

export async function destroyIn(asked: RegionWish, deps: DestroyDeps, signal: AbortSignal): Promise<RegionResult> {
  const { settleRegion = asked.region, settleUntilMs = 0 } = asked
  const wish = { ...asked, settleUntilMs: settleRegion === asked.region ? settleUntilMs : 0 }
  const ledger: Ledger = { seen: new Map(), found: [], round: 0, done: new Set(), fruitless: 0, unreached: 0 }
  const settleMs = wish.settleUntilMs - deps.clock.now()
  const endMs = deps.clock.monotonicMs() + Math.max(LIMIT_MS, settleMs + LIMIT_MS)
  try {
    const { holdings } = await deps.aws(wish.region)
    for (;;) {
      const isOver = await tried(ledger, deps, signal, () => oneRound(ledger, holdings, wish, deps, signal))
      if (isOver || deps.clock.monotonicMs() >= endMs) return result(wish, ledger)
      await deps.clock.sleep(pauseOf(ledger), signal)
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof LabosError)) throw error
    await endUnseen(wish, ledger, deps, signal)
    return { ...result(wish, ledger), error }
  }
}

/** What may not be listed is unknown; the machine that the record names costs the most, and is told to end all the same. */
async function endUnseen(
  { machine, region }: RegionWish,
  { seen }: Ledger,
  deps: DestroyDeps,
  signal: AbortSignal,
): Promise<void> {
  if (machine?.region !== region || seen.size > 0) return
  const { holdings } = await deps.aws(region)
  const isTold = await holdings.terminate(machine.id, signal).then(
    () => true,
    () => false, // the error that there was says more
  )
  if (isTold)
    deps.emit({ type: 'note', step: 'teardown', text: `${machine.id} was told to end; that it has is not proven` })
}

/** After a change is looked at once; where there was none, AWS needs time. */
const pauseOf = ({ fruitless }: Ledger): number =>
  fruitless === 0 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 1.5 ** (fruitless - 1))

/** AWS may list for a while what is gone: to end that again is no change. */
function note(ledger: Ledger, changed: readonly { readonly id: string }[]): void {
  const isNews = changed.some(({ id }) => !ledger.done.has(id))
  for (const { id } of changed) ledger.done.add(id)
  ledger.fruitless = isNews ? 0 : ledger.fruitless + 1
}

function result({ region }: RegionWish, { seen, found }: Ledger): RegionResult {
  const left = new Set(found.map(({ id }) => id))
  return { region, left: found, removed: [...seen.values()].filter(({ id }) => !left.has(id)) }
}

/** A connection that is away for a while does not end what goes on; one that never was there does. */
async function tried(
  ledger: Ledger,
  { emit }: DestroyDeps,
  signal: AbortSignal,
  work: () => Promise<boolean>,
): Promise<boolean> {
  try {
    const isOver = await work()
    ledger.unreached = 0
    return isOver
  } catch (error) {
    signal.throwIfAborted()
    const isAway = error instanceof LabosError && error.code === 'aws.unreachable'
    if (!isAway || ledger.round === 0 || ledger.unreached >= UNREACHED_MOST) throw error
    ledger.unreached += 1
    ledger.fruitless += 1
    const delayMs = pauseOf(ledger)
    emit({ type: 'retry', step: 'teardown', attempt: ledger.unreached + 1, reason: error.message, delayMs })
    return false
  }
}

/** True when there is no more to do here. */
async function oneRound(
  ledger: Ledger,
  holdings: Holdings,
  wish: RegionWish,
  deps: DestroyDeps,
  signal: AbortSignal,
): Promise<boolean> {
  await search(ledger, holdings, wish, signal)
  if (ledger.found.length === 0) {
    note(ledger, [])
    return isSettled(ledger, wish, deps)
  }
  const machines = ledger.found.flatMap(({ machine }) => machine ?? [])
  const onChange = (machine: CloudMachine): void => void (ledger.found = withMachine(ledger.found, machine))
  if (machines.length > 0) {
    await endMachines(
      { machines, isWaitedFor: wish.noWait !== true, limitMs: LIMIT_MS, onChange },
      holdings,
      deps,
      signal,
    )
    note(ledger, machines)
    return wish.noWait === true
  }
  if (wish.noWait === true) return true
  await removeThings(ledger, holdings, deps, signal)
  return false
}

/** One that is refused keeps no other from being removed. */
async function removeThings(
  ledger: Ledger,
  holdings: Holdings,
  { emit }: DestroyDeps,
  signal: AbortSignal,
): Promise<void> {
  const things = ledger.found
  const outcomes = await Promise.allSettled(things.map((each) => holdings.remove(each, signal)))
  const is = (wanted: 'removed' | 'in-use') => (_: Holding, index: number) => {
    const outcome = outcomes[index]
    return outcome?.status === 'fulfilled' && outcome.value === wanted
  }
  const removed = new Set(things.filter(is('removed')))
  const inUse = things.filter(is('in-use'))
  const refused = outcomes.find((outcome) => outcome.status === 'rejected')
  if (refused) {
    ledger.found = things.filter((each) => !removed.has(each))
    throw refused.reason
  }
  note(ledger, [...removed])
  if (inUse.length > 0)
    emit({ type: 'note', step: 'teardown', text: `in use still: ${inUse.map(({ id }) => id).join(', ')}` })
}

async function search(
  ledger: Ledger,
  holdings: Holdings,
  { labId, machine: known, region }: RegionWish,
  signal: AbortSignal,
): Promise<void> {
  const isLookedAt = known?.region === region && !ledger.seen.has(known.id)
  const [listed, alone] = await Promise.all([
    holdings.list(labId, signal),
    isLookedAt ? holdings.machine(known.id, signal) : undefined,
  ])
  const isUntagged = alone && alone.state !== 'terminated' && !listed.some(({ id }) => id === alone.id)
  ledger.found = isUntagged ? [...listed, asHolding(alone)] : listed
  for (const each of ledger.found) ledger.seen.set(each.id, each)
  ledger.round += 1
}

const asHolding = (machine: CloudMachine): Holding => ({
  kind: 'machine',
  id: machine.id,
  region: machine.region,
  tags: machine.tags,
  state: machine.state,
  machine,
})

/** Machines that have ended are left out. */
const withMachine = (found: readonly Holding[], machine: CloudMachine): Holding[] =>
  found.flatMap((each) => {
    if (each.id !== machine.id) return [each]
    return machine.state === 'terminated' ? [] : [{ ...each, state: machine.state, machine }]
  })

/** Finding nothing proves it, unless the machine that was asked for may still appear: a lab has one. */
function isSettled(
  { round, seen }: Ledger,
  { settleUntilMs = 0, region }: RegionWish,
  { clock, emit }: DestroyDeps,
): boolean {
  if (clock.now() >= settleUntilMs) return true
  if ([...seen.values()].some(({ kind }) => kind === 'machine')) return true
  const until = new Date(settleUntilMs).toISOString().slice(11, 19)
  if (round === 1)
    emit({
      type: 'note',
      step: 'teardown',
      text: `a machine was asked for in ${region} just now: looking until ${until} UTC whether it appears`,
    })
  return false
}

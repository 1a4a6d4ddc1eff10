/** What is held in an account, put together by lab: from tags, without any record. Pure. */
import type { CloudMachine, Holding, MachineState } from '../../cloud-ports.js'
import { plus } from './cost.js'
import { ADDRESS_USD_PER_HOUR, DISK_USD_PER_GB_HOUR } from './price.js'
import { TAGS } from './tags.js'

/** What a machine costs an hour by itself; null = not known. */
export type MachinePrice = (machine: Pick<CloudMachine, 'instanceType' | 'region' | 'market'>) => number | null

export interface CloudLab {
  readonly id: string
  readonly name?: string
  readonly owner?: string
  readonly runId?: string
  readonly model?: string
  /** ISO 8601. */
  readonly expiresAt?: string
  /** ISO 8601: of the oldest thing that says when it was made. */
  readonly createdAt?: string
  /** Of its machine; `none` where only other things are there. */
  readonly state: MachineState | 'none'
  /** Sorted. */
  readonly regions: readonly string[]
  readonly usdPerHour: number | null
  readonly holdings: readonly Holding[]
}

/** Oldest first; those whose age nothing says come last. */
export function cloudLabs(holdings: readonly Holding[], price: MachinePrice): CloudLab[] {
  const byId = new Map<string, Holding[]>()
  for (const holding of holdings) {
    const id = tagOf(holding, TAGS.lab)
    if (id !== undefined) byId.set(id, [...(byId.get(id) ?? []), holding])
  }
  return [...byId].map(([id, all]) => cloudLab(id, all, price)).sort((a, b) => (ageKey(a) < ageKey(b) ? -1 : 1))
}

/** ISO times sort as text; `~` sorts after all of them. */
const ageKey = ({ createdAt, id }: CloudLab): string => `${createdAt ?? '~'} ${id}`

function cloudLab(id: string, holdings: readonly Holding[], price: MachinePrice): CloudLab {
  const machines = holdings.filter(({ machine }) => machine !== undefined)
  const tag = (name: string): string | undefined => first([...machines, ...holdings], name)
  // `extend` and `start` write the machine's tag alone; without a machine the latest one counts.
  const expiresAt = machines.length > 0 ? tag(TAGS.expiresAt) : latest(holdings)
  const createdAt = holdings.flatMap((each) => each.createdAt ?? []).sort()[0]
  const found = { name: tag(TAGS.name), owner: tag(TAGS.owner), runId: tag(TAGS.run), model: tag(TAGS.model) }
  return {
    id,
    ...defined(found),
    ...defined({ expiresAt, createdAt }),
    state: machines[0]?.machine?.state ?? 'none',
    regions: [...new Set(holdings.map(({ region }) => region))].sort(),
    usdPerHour: sumOf(holdings.map((holding) => holdingUsdPerHour(holding, price))),
    holdings,
  }
}

const first = (holdings: readonly Holding[], name: string): string | undefined =>
  holdings.map((holding) => tagOf(holding, name)).find((value) => value !== undefined)

const latest = (holdings: readonly Holding[]): string | undefined =>
  holdings
    .flatMap((holding) => tagOf(holding, TAGS.expiresAt) ?? [])
    .sort()
    .at(-1)

/** Anybody may write tags, and they are shown at terminals: control characters are taken out. */
const tagOf = ({ tags }: Holding, name: string): string | undefined =>
  tags[name]?.replaceAll(/\p{Cc}/gu, '') || undefined

const defined = <T extends Record<string, string | undefined>>(
  values: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }

/** Null where one of them is not known. */
export const sumOf = (usd: readonly (number | null)[]): number | null => usd.reduce<number | null>(plus, 0)

/** What a thing costs an hour while it is there. A machine's disk is a thing of its own. */
export function holdingUsdPerHour({ kind, machine, sizeGB }: Holding, price: MachinePrice): number | null {
  if (kind === 'volume') return (sizeGB ?? 0) * DISK_USD_PER_GB_HOUR
  if (kind === 'address') return ADDRESS_USD_PER_HOUR
  if (!machine || !isBilled(machine.state)) return 0
  return plus(price(machine), machine.address === undefined ? 0 : ADDRESS_USD_PER_HOUR)
}

/** EC2 bills a machine from its start until it stops or is told to end. */
const isBilled = (state: MachineState): boolean => state === 'pending' || state === 'running'

/** Whose words can be shown, and of which labs. */
import { LabosError } from '../errors/labos-error.js'
import type { LabPaths } from '../state/paths.js'
import type { MachineUnit } from '../serve/remote/on-machine.js'

export const logSources = ['engine', 'bootstrap', 'lease', 'system', 'keeper', 'setup'] as const
export type LogSource = (typeof logSources)[number]

type FileOf = (paths: LabPaths) => string

/** Units of systemd's whose words are a source; none = the whole journal. */
export interface Journal {
  readonly units: readonly MachineUnit[]
  /** The engine's lines have their own times. */
  readonly output: 'cat' | 'short-iso'
}

interface Places {
  /** A file here, of labs on this computer or of rented ones. */
  readonly local?: FileOf
  readonly rented?: FileOf
  /** In the journal of a lab's machine. */
  readonly journal?: Journal
}

const keeperLog: FileOf = ({ keeperLog: path }) => path

const PLACES: Readonly<Record<LogSource, Places>> = {
  engine: { local: ({ engineLog }) => engineLog, journal: { units: ['engine'], output: 'cat' } },
  bootstrap: { journal: { units: ['bootstrap'], output: 'short-iso' } },
  lease: { journal: { units: ['arm', 'lease', 'end'], output: 'short-iso' } },
  system: { journal: { units: [], output: 'short-iso' } },
  keeper: { local: keeperLog, rented: keeperLog },
  setup: { local: ({ setupLog }) => setupLog },
}

/** `machine`: rented, and nothing is to be served on it. */
export type LabLogs = 'local' | 'rented' | 'machine'

const WHOSE: Readonly<Record<LabLogs, string>> = {
  local: 'A lab on this computer',
  rented: 'A lab on a machine',
  machine: 'A machine on which nothing is to be served',
}
const OF_SERVING: ReadonlySet<LogSource> = new Set(['engine', 'bootstrap', 'keeper'])

/** Where a lab's source is. Throws `usage.value` with those that there are. */
export function placeOf(source: LogSource, kind: LabLogs): FileOf | Journal {
  const place = inPlaces(source, kind)
  if (place) return place
  const others = logSources.filter((name) => inPlaces(name, kind) !== undefined)
  throw new LabosError('usage.value', `${WHOSE[kind]} has no log "${source}".`, {
    suggestions: [`It has: ${others.join(', ')}.`],
  })
}

function inPlaces(source: LogSource, kind: LabLogs): FileOf | Journal | undefined {
  const { local, rented, journal } = PLACES[source]
  if (kind === 'local') return local
  return kind === 'machine' && OF_SERVING.has(source) ? undefined : (rented ?? journal)
}

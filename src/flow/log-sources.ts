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

/** Where a lab's source is. Throws `usage.value` with those that there are. */
export function placeOf(source: LogSource, kind: 'local' | 'rented'): FileOf | Journal {
  const place = inPlaces(PLACES[source], kind)
  if (place) return place
  const others = logSources.filter((name) => inPlaces(PLACES[name], kind) !== undefined)
  const whose = kind === 'local' ? 'on this computer' : 'on a rented machine'
  throw new LabosError('usage.value', `A lab ${whose} has no log "${source}".`, {
    suggestions: [`It has: ${others.join(', ')}.`],
  })
}

const inPlaces = ({ local, rented, journal }: Places, kind: 'local' | 'rented'): FileOf | Journal | undefined =>
  kind === 'local' ? local : (rented ?? journal)

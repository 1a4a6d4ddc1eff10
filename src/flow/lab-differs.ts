/** A lab that exists is asked for as another than it is: refused, with the ways to get both. */
import { LabosError } from '../errors/labos-error.js'
import type { HostLab } from '../state/host-record.js'
import type { RentedLab } from '../state/record.js'
import { formatRoundDuration, formatTime } from '../ui/format.js'

/** What it is called, what is asked of it, what the lab has, and what it is a number of. */
export type Field = readonly [
  name: string,
  asked: string | number | undefined,
  given: string | number | undefined,
  unit?: 'ms',
]

/** The first of the fields that is asked for as another than it is given. What is not asked for never differs. */
export function differenceOf(fields: readonly Field[]): string | undefined {
  const found = fields.find(([, asked, given]) => asked !== undefined && asked !== given)
  if (!found) return undefined
  const [name, asked, given, unit] = found
  return `its ${name} is ${textOf(given, unit)}, not ${textOf(asked, unit)}`
}

function textOf(value: Field[1], unit: Field[3]): string {
  if (value === undefined) return 'not set'
  if (unit === undefined) return String(value)
  return value === 0 ? 'none' : formatRoundDuration(Number(value))
}

export const differsError = (name: string, how: string, first?: string): LabosError => {
  const others = [`Use another name: \`--name ${name}-2\`.`, `Or end that lab first: \`labos down ${name}\`.`] as const
  return new LabosError('lab.differs', `There is a lab "${name}" already, and ${how}.`, {
    suggestions: first === undefined ? others : [first, ...others],
  })
}

/**
 * Throws `lab.differs` where a lifetime is asked for that is not the one it was made with. A deadline that stands is moved by
 * `extend`, and may have been since.
 */
export function checkDeadline({ name, plan, expiresAt }: RentedLab | HostLab, askedMs: number | undefined): void {
  if (askedMs === undefined || askedMs === plan.lease.ttlMs) return
  const { ttlMs } = plan.lease
  const made = ttlMs === undefined ? 'without a deadline' : `for ${formatRoundDuration(ttlMs)}`
  if (expiresAt === undefined) throw differsError(name, `it was made ${made}`, 'Leave `--ttl` out.')
  const later = `Leave \`--ttl\` out; \`labos extend 2h ${name}\` ends it two hours later.`
  throw differsError(name, `its deadline stands: ${formatTime(expiresAt)}`, later)
}

/** A command takes its lab down again, so it takes none that it did not make. */
export const notOwn = (name: string): LabosError =>
  new LabosError('lab.differs', `There is a lab "${name}" already, and \`labos run\` ends only a lab that it made.`, {
    suggestions: [
      'Leave `--name` out: each run has a name of its own then.',
      `Or use that lab, and leave it running: \`eval "$(labos env ${name})"\`.`,
      `Or end it first: \`labos down ${name}\`.`,
    ],
  })

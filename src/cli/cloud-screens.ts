/** What AWS holds of labos's, as tables of 80 columns. */
import type { CloudLab } from '../plan/aws/cloud-labs.js'
import type { GcReport, Leftover } from '../flow/gc.js'
import type { LabList } from '../flow/ps-cloud.js'
import { placesText } from '../flow/search-cloud.js'
import { formatTime } from '../ui/format.js'
import type { Paint } from '../ui/paint.js'
import { columns, wrap } from '../ui/text.js'
import { labTable } from './screens.js'

export function labListScreen(list: LabList, nowMs: number, paint: Paint): string {
  const { labs, withoutRecord = [], regions, unknown = [] } = list
  const here = labTable(labs, paint)
  if (!regions) return here
  return [
    here,
    '',
    ...(withoutRecord.length === 0
      ? wrap(`AWS holds no lab without a record here (${answered(regions, unknown)}).`)
      : [
          'In AWS, without a record here:',
          ...cloudTable(withoutRecord, nowMs, paint),
          ...wrap('Remove one: `labos down ID`. All of yours: `labos gc`.'),
        ]),
    ...unknownLines(unknown, paint),
  ].join('\n')
}

export function gcScreen(report: GcReport, nowMs: number, paint: Paint): string {
  const { labs, regions, unknown } = report
  const groups = (['removed', 'left', 'found'] as const).map((outcome) => ({
    outcome,
    some: labs.filter((each) => each.outcome === outcome),
  }))
  return [
    ...(labs.length === 0 ? wrap(`Nothing is left over in ${answered(regions, unknown)}.`) : []),
    ...groups.flatMap(({ outcome, some }) =>
      some.length === 0
        ? []
        : [
            TITLES[outcome],
            ...cloudTable(
              some.map(({ lab }) => lab),
              nowMs,
              paint,
            ),
          ],
    ),
    ...labs.flatMap(whyLine),
    ...othersLine(labs),
    ...unknownLines(unknown, paint),
  ].join('\n')
}

const answered = (regions: readonly string[], unknown: readonly { readonly region: string }[]): string =>
  placesText(regions.filter((name) => !unknown.some(({ region }) => region === name)))

const TITLES = { removed: 'Removed:', left: 'Still there:', found: 'Left over, oldest first:' } as const

const whyLine = ({ lab, why }: Leftover): string[] => (why === undefined ? [] : wrap(`${lab.id}: ${why}`))

const othersLine = (labs: readonly Leftover[]): string[] =>
  labs.some(({ isYours, outcome }) => !isYours && outcome === 'found')
    ? wrap('Labs of other owners are removed with `--all-owners` only.')
    : []

const unknownLines = (unknown: readonly { region: string; why: string }[], paint: Paint): string[] =>
  unknown.flatMap(({ region, why }) => wrap(paint.yellow(`What is in ${region} cannot be known: ${why}`)))

const OWNER_MOST = 20

function cloudTable(labs: readonly CloudLab[], nowMs: number, paint: Paint): string[] {
  const [head = '', ...lines] = columns(
    [
      ['ID', 'NAME', 'OWNER', 'STATE', 'AGE', '$/H', 'ENDS'],
      ...labs.map(({ id, name, owner, state, createdAt, usdPerHour, expiresAt }) => [
        id,
        name ?? '-',
        shortened(owner ?? '-'),
        state === 'none' ? 'no machine' : state,
        createdAt === undefined ? '?' : age(nowMs - Date.parse(createdAt)),
        usdPerHour === null ? '?' : usdPerHour.toFixed(2),
        expiresAt === undefined ? '?' : formatTime(expiresAt).slice(5, -4),
      ]),
    ],
    [4, 5],
  )
  return [`  ${paint.bold(head)}`, ...lines.map((line) => `  ${line}`)]
}

const shortened = (text: string): string => (text.length <= OWNER_MOST ? text : `${text.slice(0, OWNER_MOST - 1)}~`)

const HOUR_MS = 3_600_000

/** `12m`, `3h`, `5d`. */
function age(ms: number): string {
  if (ms < HOUR_MS) return `${String(Math.max(0, Math.floor(ms / 60_000)))}m`
  const hours = Math.floor(ms / HOUR_MS)
  return hours < 48 ? `${String(hours)}h` : `${String(Math.floor(hours / 24))}d`
}

/** What became of rented labs, as text for people: status, cost, stop, start, extend. */
import type { CostOfLab, CostReport } from '../flow/cost.js'
import type { Extended } from '../flow/extend.js'
import type { LabStatus } from '../flow/lab-status.js'
import type { Started } from '../flow/start.js'
import type { Stopped } from '../flow/stop.js'
import { formatDuration, formatTime, formatUsd, formatUsdOr } from '../ui/format.js'
import type { Paint } from '../ui/paint.js'
import { columns, factLines, wrap } from '../ui/text.js'
import { painted, priceText, requestsText, restartsText } from './lab-words.js'

/** Everything known of one rented lab. */
export function rentedScreen(lab: LabStatus, paint: Paint): string {
  const { machine, name, lease } = lab
  const hasEnded = lab.state === 'ended'
  const ends = hasEnded && machine !== undefined ? undefined : `${hasEnded ? '' : endsText(lab)}labos down ${name}`
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['state', `${lab.state}${lab.detail === undefined ? '' : `: ${lab.detail}`}`],
    ['model', lab.model],
    ...servingRows(lab),
    ['machine', machine && `${machine.id}, ${machine.instanceType}, ${machine.market}, in ${machine.zone}`],
    ['address', machine?.address],
    ['host', lab.host],
    ['lease', hasEnded ? undefined : lease?.text],
    ['cost', costText(lab)],
    ['ends', ends],
    // What was to be known of it while it ran.
    ...(hasEnded ? [] : (lab.notes ?? [])).map(({ text }) => ['note', text] as const),
  ]
  const [first = '', ...lines] = factLines(
    rows.flatMap(([label, text]) => (text === undefined ? [] : [[label, text] as const])),
  )
  const title = `  ${'lab'.padEnd(first.indexOf(lab.state) - 2)}${paint.bold(name)}${lab.id === undefined ? '' : ` (${lab.id})`}`
  return [title, first.replace(lab.state, painted(lab.state, paint)), ...lines].join('\n')
}

/** Of a lab that serves, or is to. */
function servingRows(lab: LabStatus): readonly (readonly [string, string | undefined])[] {
  const { engine, contextTokens = 0, endpoint, path } = lab
  const hasEnded = lab.state === 'ended'
  return [
    ['engine', engine && `${engine}, ${String(contextTokens)} tokens of context`],
    ['set-up', setUpText(lab)],
    [
      'logs',
      lab.state === 'failed'
        ? `labos logs bootstrap --name ${lab.name}, labos logs engine --name ${lab.name}`
        : undefined,
    ],
    ['endpoint', hasEnded ? undefined : endpoint],
    [
      'path',
      path && path.state !== 'connected' && !hasEnded ? `${path.state} since ${formatTime(path.since)}` : undefined,
    ],
    ['requests', requestsText(lab)],
    ['restarts', hasEnded ? undefined : restartsText(lab)],
  ]
}

/** While something is left to do: what is done, and what is not. */
function setUpText({ phases = [] }: LabStatus): string | undefined {
  if (phases.every(({ state }) => state === 'done')) return undefined
  return phases.map(({ name, state }) => `${name} ${state}`).join(', ')
}

function costText(lab: LabStatus): string {
  if (lab.provider === 'ssh') return 'nothing: the host is your own'
  return `${formatUsdOr(lab.usdSoFar ?? null, 'not known')} so far, ${priceText(lab)} now${endText(lab)}`
}

function endText({ usdUntilEnd, usdUntilDeadline, endsAt, state }: LabStatus): string {
  if (typeof usdUntilEnd !== 'number' || endsAt === undefined || state === 'ended') return ''
  const atMost = typeof usdUntilDeadline === 'number' ? `, ${formatUsd(usdUntilDeadline)} at most` : ''
  return `, ${formatUsd(usdUntilEnd)} in all by its end${atMost}`
}

/** When it ends by itself: the nearer end, which use puts off, and the one that stands. Ends in ` or `. */
export function endsText({ endsAt, deadlineAt, lease }: LabStatus): string {
  if (endsAt === undefined) return ''
  if (deadlineAt === undefined || lease?.endsBy !== 'idle') return `by itself ${formatTime(endsAt)}, or `
  return `by itself ${formatTime(endsAt)} if nothing is asked, ${formatTime(deadlineAt)} at the latest, or `
}

export function costScreen({ labs, sum, unknown }: CostReport, paint: Paint): string {
  if (labs.length === 0) return 'There is no lab, and nothing costs anything.'
  const rows = labs.map((lab) => [
    lab.name,
    lab.state,
    ...moneyCells(lab),
    formatUsdOr(lab.usdUntilEnd, '-'),
    endCell(lab),
  ])
  const [head = '', ...lines] = columns(
    [
      ['LAB', 'STATE', 'SO FAR', 'STOPPED', '$/H NOW', 'AT MOST', 'ENDS BY UTC'],
      ...rows,
      ...(labs.length > 1 ? [['in all', '', ...moneyCells(sum)]] : []),
    ],
    [2, 3, 4, 5],
  )
  return [
    paint.bold(head),
    ...lines,
    ...(unknown.length === 0 ? [] : wrap(`Not in the sum, as it is not known: ${unknown.join(', ')}.`)),
    ...(labs.some(({ provider }) => provider === 'aws') ? wrap(BASIS) : []),
  ].join('\n')
}

const BASIS = 'By the prices of each plan, without taxes and traffic; AWS bills by its own clock.'

const moneyCells = ({ usdSoFar, usdStopped, usdPerHour }: CostReport['sum']): string[] => [
  formatUsdOr(usdSoFar),
  formatUsdOr(usdStopped),
  formatUsdOr(usdPerHour),
]

const endCell = ({ endsAt, state }: CostOfLab): string =>
  endsAt === null || state === 'ended' ? '-' : formatTime(endsAt).slice(5, -4)

export function stoppedScreen({ name, outcome, usdPerDay, diskGB, losesWeights, closedEndpoint }: Stopped): string {
  const disk = diskGB === null ? 'Its disk' : `Its disk of ${String(diskGB)} GB`
  const price = formatUsdOr(usdPerDay, 'at a price that is not known,')
  return wrap(
    [
      `${name} is ${outcome === 'stopped' ? '' : 'already '}stopped.`,
      `${disk} is kept, ${price} a day, until \`labos start ${name}\` or \`labos down ${name}\`; nothing ends it by itself.`,
      ...(losesWeights ? ["What was on the machine's own NVMe disk is gone, engine and weights with it."] : []),
      ...(closedEndpoint === null ? [] : [`Its endpoint ${closedEndpoint} is closed until then.`]),
    ].join(' '),
  ).join('\n')
}

export function startedScreen(started: Started): string {
  const { name, outcome, machine, address, endsAt } = started
  const at = address === null ? 'without a public address' : `at ${address}`
  return wrap(
    `${name} ${outcome === 'started' ? 'runs again' : 'runs already'}: ${machine} ${at}.${servingSentence(started)}${endSentence(started, endsAt)}`,
  ).join('\n')
}

export const extendedScreen = (extended: Extended): string =>
  wrap(
    `${extended.name} ends by itself ${formatTime(extended.endsAt)}, ${laterText(extended)}.${totalSentence(extended)}${machineSentence(extended)}`,
  ).join('\n')

/** Times are said to the minute. */
function laterText({ endsAt, endedAtBefore }: Extended): string {
  const before = formatTime(endedAtBefore)
  if (before !== formatTime(endsAt)) return `not ${before}`
  return `${formatDuration(Date.parse(endsAt) - Date.parse(endedAtBefore))} later than before`
}

function servingSentence({ name, endpoint, isServing }: Started): string {
  if (endpoint === null) return ''
  return isServing
    ? ` The model answers at ${endpoint}.`
    : ` The model is on its way to ${endpoint}: \`labos status ${name}\` says how far it is.`
}

function machineSentence({ machine }: Extended): string {
  if (!machine) return ' The machine could not be asked just now; it looks each half minute.'
  return machine.isTaken
    ? ` The machine goes by that already${machine.endsBy === 'deadline' ? '' : `; a nearer end stands: ${machine.says}`}.`
    : ` The machine has not seen it yet, and looks each half minute: ${machine.says}.`
}

const endSentence = (money: Started, endsAt: string | null): string =>
  endsAt === null ? '' : ` It ends by itself ${formatTime(endsAt)} at the latest.${totalSentence(money)}`

function totalSentence({ usdUntilEnd, usdPerHour }: Pick<Extended, 'usdUntilEnd' | 'usdPerHour'>): string {
  if (usdUntilEnd === null) return ' What it will have cost by then is not known.'
  if (usdPerHour === 0 && usdUntilEnd === 0) return ''
  const rate = usdPerHour === null ? '' : `, at ${formatUsd(usdPerHour)}/h`
  return ` By then it will have cost ${formatUsd(usdUntilEnd)} in all${rate}.`
}

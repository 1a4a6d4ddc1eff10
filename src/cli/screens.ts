/** Results as text for people. JSON has the same facts. */
import type { LabStatus } from '../flow/lab-status.js'
import type { UpResult } from '../flow/up.js'
import { formatDuration, formatTime, formatUsd } from '../ui/format.js'
import { rows } from '../ui/lines.js'
import type { Paint } from '../ui/paint.js'
import { columns, WIDTH } from '../ui/text.js'
import { rentedScreen } from './rented-screens.js'
import { painted, priceText, requestsText, restartsText } from './lab-words.js'

export interface EndpointScreenFacts {
  readonly labCount: number
  /** What the user types to run labos: `labos`, or `npx labos` in a clone. */
  readonly program: string
}

/** The last screen of `up`: how to use it, where to look, how it ends. */
export function endpointScreen(
  { lab, outcome, proof, keyFile, elapsedMs }: UpResult,
  paint: Paint,
  { labCount, program }: EndpointScreenFacts,
): string {
  const name = labCount > 1 ? lab.name : undefined
  const speed = proof?.tokensPerSecond === undefined ? '' : `, ${proof.tokensPerSecond.toFixed(0)} tokens/s`
  const headline =
    outcome === 'already-up' ? `${lab.name} is already up` : `${lab.name} is up (${formatDuration(elapsedMs)}${speed})`
  return `
${paint.bold(headline)}

${rows([
  ['endpoint', paint.cyan(lab.endpoint ?? '')],
  ['model', lab.model],
  ['key', keyFile],
  ['price', `${formatUsd(lab.usdPerHour ?? 0)}/h`],
  ['logs', `${program} logs -f${name === undefined ? '' : ` --name ${name}`}`],
  ['ends', endsText(lab, program)],
])}

${firstUse(name, paint, program)}`
}

/** What to type next; `name` where it must be said which lab is meant. */
export function firstUse(name: string | undefined, paint: Paint, program: string): string {
  const which = name === undefined ? '' : ` --name ${name}`
  return `  ${paint.dim('# this shell')}
  eval "$(${program} env${name === undefined ? '' : ` ${name}`})"
  ${paint.dim('# a first question')}
  ${program} chat${which} "Write a haiku about laboratories."
  ${paint.dim('# the same with curl, after the eval')}
  curl $OPENAI_BASE_URL/chat/completions \\
    -H "Authorization: Bearer $OPENAI_API_KEY" \\
    -H 'Content-Type: application/json' \\
    -d '{"messages":[{"role":"user","content":"Hello"}]}'`
}

/** How a lab ends, from what its keeper says. */
export function endsText({ lease, name }: LabStatus, program = 'labos'): string {
  const idle =
    lease?.idleMs === undefined
      ? ''
      : `; idle ${formatDuration(lease.idleForMs ?? 0)} of ${formatDuration(lease.idleMs)}`
  const at =
    lease?.endsAt === undefined ? '' : `by itself ${formatTime(lease.endsAt)} (${lease.endsBy ?? 'lease'})${idle}, or `
  return `${at}${program} down ${name}`
}

interface Column {
  readonly title: string
  readonly cell: (lab: LabStatus) => string
}

const COLUMNS: readonly Column[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'STATE', cell: ({ state }) => state },
  { title: 'MODEL', cell: ({ model }) => model ?? '-' },
  { title: 'ENGINE', cell: ({ engine }) => engine ?? '-' },
  { title: 'ENDPOINT', cell: (lab) => lab.endpoint ?? machineText(lab) ?? '-' },
  { title: 'PRICE', cell: priceText },
]

/** One line a lab, aligned; where that would be too wide, without what is said twice, and then without the engines. */
export function labTable(labs: readonly LabStatus[], paint: Paint): string {
  if (labs.length === 0) return 'No labs. Start one: labos up smollm2'
  const isSaidTwice = labs.every(({ name, model = name }) => name.startsWith(model))
  const spare = [...(isSaidTwice ? ['MODEL'] : []), 'ENGINE']
  const tables = [0, 1, 2].map((count) => {
    const left = COLUMNS.filter(({ title }) => !spare.slice(0, count).includes(title))
    return columns([left.map(({ title }) => title), ...labs.map((lab) => left.map(({ cell }) => cell(lab)))])
  })
  const fits = (table: readonly string[]): boolean => table.every((line) => line.length <= WIDTH)
  const [header = '', ...lines] = tables.find(fits) ?? tables.at(-1) ?? []
  return [
    paint.bold(header),
    ...lines.map((line, index) => {
      const { name = '', state = '' } = labs[index] ?? {}
      return name + line.slice(name.length).replace(state, painted(state || undefined, paint))
    }),
  ].join('\n')
}

/** `g6e.xlarge us-east-1`. */
const machineText = ({ machine }: LabStatus): string | undefined =>
  machine && `${machine.instanceType} ${machine.region}`

/** Everything known of one lab. */
export function statusScreen(lab: LabStatus, paint: Paint): string {
  if (lab.provider === 'aws' || lab.provider === 'ssh') return rentedScreen(lab, paint)
  const live = lab.pids !== undefined
  return rows([
    ['lab', `${paint.bold(lab.name)}${lab.id === undefined ? '' : ` (${lab.id})`}`],
    ['state', `${painted(lab.state, paint)}${lab.detail === undefined ? '' : `: ${lab.detail}`}`],
    ['model', lab.model],
    [
      'engine',
      lab.engine === undefined
        ? undefined
        : `${lab.engine} on this computer${lab.contextTokens === undefined ? '' : `, ${String(lab.contextTokens)} tokens of context`}`,
    ],
    ['endpoint', lab.endpoint],
    ['up since', live ? lab.startedAt : undefined],
    ['requests', requestsText(lab)],
    ['restarts', restartsText(lab)],
    [
      'processes',
      lab.pids === undefined
        ? 'none'
        : `keeper ${String(lab.pids.keeper)}${lab.pids.engine === undefined ? '' : `, engine ${String(lab.pids.engine)}`}`,
    ],
    ['cost', `${formatUsd(0)} so far, ${priceText(lab)}`],
    ['ends', live ? endsText(lab) : undefined],
  ])
}

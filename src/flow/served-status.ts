/** What is known of a lab on a machine that has an endpoint here: its record, and what its keeper says. On the fast path. */
import { isRented, type KeeperRecord, type MachineLab, type Serving } from '../state/record.js'
import { type KeeperLook, pidsOf } from './ask-status.js'
import { endpointOf, fromAnswer, SILENT } from './from-answer.js'
import type { KeeperStatus } from './keeper-status.js'
import type { LabStatus } from './lab-status.js'
import { costOfLab } from './rented-record.js'
import { hostStatus } from './host-status.js'
import { rentedStatus } from './rented-status.js'

export interface Served {
  readonly record: MachineLab
  readonly serving: Serving
  readonly port: number
  readonly keeper: KeeperRecord | undefined
  readonly look: KeeperLook
}

/** What the record says by itself. */
export const recordStatus = (record: MachineLab, nowMs: number): LabStatus =>
  isRented(record) ? rentedStatus(record, nowMs) : hostStatus(record)

export function servedStatus(served: Served, nowMs: number): LabStatus {
  const { record, serving, port, keeper, look } = served
  const known = { ...recordStatus(record, nowMs), ...engineFacts(serving, keeper) }
  if (look.kind === 'answers') {
    const pids = keeper ? { pids: pidsOf(keeper, look.answer), startedAt: keeper.startedAt } : {}
    return { ...merged(known, record, look.answer, nowMs), endpoint: endpointOf(port), ...pids }
  }
  if (look.kind === 'silent' && keeper)
    return {
      ...known,
      state: 'unresponsive',
      detail: SILENT,
      endpoint: endpointOf(port),
      startedAt: keeper.startedAt,
      pids: pidsOf(keeper),
    }
  return closed(known, look, record)
}

const engineFacts = (
  { engineVersion, contextTokens }: Serving,
  keeper: KeeperRecord | undefined,
): Pick<LabStatus, 'engine' | 'contextTokens'> => ({
  engine: `vllm ${engineVersion}`,
  contextTokens: keeper?.kvRepair?.toTokens ?? contextTokens,
})

/** What EC2 said of a machine that does not run holds against a keeper that cannot reach it, and not one that can. */
function merged(known: LabStatus, record: MachineLab, answer: KeeperStatus, nowMs: number): LabStatus {
  const said = fromAnswer(answer, undefined)
  if (answer.path?.state !== 'connected' && known.state !== 'running') {
    const { state: _state, detail: _detail, ...rest } = said
    return { ...known, ...rest }
  }
  const { detail: _detail, ...facts } = known
  const { endsAt } = answer.lease
  if (endsAt === undefined || said.state === 'ended') return { ...facts, ...said }
  const { usdUntilEnd } = isRented(record) ? costOfLab({ ...record, expiresAt: endsAt }, nowMs) : known
  return { ...facts, ...said, endsAt, usdUntilEnd: usdUntilEnd ?? null, ...atMost(known) }
}

/** The deadline stands however often the nearer end is put off. */
const atMost = ({ endsAt, usdUntilEnd }: LabStatus): Pick<LabStatus, 'deadlineAt' | 'usdUntilDeadline'> =>
  endsAt === undefined ? {} : { deadlineAt: endsAt, usdUntilDeadline: usdUntilEnd ?? null }

/** A keeper may leave for reasons that are not its machine's. */
const OWN_ENDS: ReadonlySet<string> = new Set(['stopped', 'failed', 'runner'])

/** Without a keeper the machine goes on; only its endpoint here is closed. */
function closed(known: LabStatus, look: KeeperLook, record: MachineLab): LabStatus {
  const askedAt = isRented(record) ? (record.machine?.askedAt ?? '') : ''
  if (known.state !== 'running') return known
  const ended = look.kind === 'ended' ? look.ended : undefined
  const isOver = ended && !OWN_ENDS.has(ended.reason)
  // EC2's word counts where it is the later one: the machine was started again.
  if (isOver && ended.at > askedAt) return { ...known, state: 'ended', detail: ended.detail }
  return { ...known, detail: `${known.detail ?? ''}; ${whatNow(look, record)}` }
}

function whatNow({ kind }: KeeperLook, { name, plan, stepsDone, runner }: MachineLab): string {
  if (kind === 'none' && !stepsDone.includes('laboratory'))
    return `its set-up was not seen to its end: \`labos up ${plan.model.id} --name ${name}\` goes on`
  const why = kind === 'lost' ? 'its keeper is gone without a word' : 'its endpoint is closed'
  return runner ? why : `${why}: \`labos tunnel ${name}\` opens it`
}

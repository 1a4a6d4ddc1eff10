/** What the keeper of a lab on a machine says of it. It waits for the machine no longer than a second, and not at all without a path. */
import type { Gateway } from '../../connect/gateway/server.js'
import { vllm } from '../../engines/vllm.js'
import { isEnding, leaseWords, type MachineLease } from '../../lease/machine-lease.js'
import { isoOf } from '../../lease/seen-lease.js'
import type { Clock } from '../../ports.js'
import { tokenCounters } from '../../serve/counters.js'
import { get } from '../../serve/health.js'
import type { MachinePath } from '../../serve/remote/care.js'
import type { PathNow } from '../../serve/remote/state.js'
import type { RemoteWatch } from '../../serve/remote/watch.js'
import type { KeeperRecord, MachineLab, Serving } from '../../state/record.js'
import type { KeeperStatus } from '../keeper-status.js'
import { machineNotes } from './machine-notes.js'
import { silentOf } from './silent.js'

export interface RemoteFacts {
  readonly record: MachineLab
  readonly serving: Serving
  readonly gateway: Gateway
  readonly path: Pick<MachinePath, 'machine'> & { state(): PathNow & { readonly since: number } }
  readonly watch: RemoteWatch
  /** As it is now. */
  readonly lease: MachineLease | undefined
  readonly ended: KeeperRecord['ended']
  readonly kvRepair: KeeperRecord['kvRepair']
  readonly clock: Clock
}

const ANSWER_MS = 800

export async function remoteStatus(facts: RemoteFacts): Promise<KeeperStatus> {
  const { record, serving, gateway, path, watch, lease, ended, kvRepair } = facts
  const [snapshot, tokens] = await Promise.all([watch.check(ANSWER_MS), tokensOf(facts)])
  const { retryAfterMs: _, ...engine } = snapshot
  const { inFlight, requests } = gateway.activity()
  const { reason, code, state, since } = path.state()
  const phases = watch.phases()
  const drift = watch.drift()
  const { ttlMs } = record.plan.lease
  const silent = ended ? undefined : silentOf(record, { state, since }, facts.clock.now())
  const notes = machineNotes({ name: record.name, ttlMs, lease: ended ? undefined : lease, drift, kvRepair, silent })
  return {
    labId: record.id,
    engine: ended ? { ...engine, state: 'ended', detail: ended.detail } : engine,
    activity: { inFlight, requests },
    ...(tokens ? { tokens } : {}),
    lease: lease ? leaseJson(lease, ttlMs) : {},
    contextTokens: kvRepair?.toTokens ?? serving.contextTokens,
    ...(phases.length === 0 ? {} : { phases: [...phases] }),
    path: {
      state,
      ...(reason === undefined ? {} : { reason }),
      ...(code === undefined ? {} : { code }),
      since: new Date(since).toISOString(),
    },
    ...(notes.length === 0 ? {} : { notes }),
    ...(drift.length === 0 ? {} : { drift: drift.map(({ text: _text, ...figures }) => figures) }),
  }
}

/** The engine's own counters, where it serves and answers in time. */
async function tokensOf({ path, watch, serving, clock }: RemoteFacts): Promise<KeeperStatus['tokens']> {
  const machine = path.machine()
  const address = watch.address()
  if (!machine || !address) return undefined
  const question = { dial: () => machine.dial(serving.enginePort), path: '/metrics', timeoutMs: ANSWER_MS }
  const answer = await get(question, clock)
  return answer?.status === 200 ? tokenCounters(vllm.metrics, answer.body) : undefined
}

function leaseJson(lease: MachineLease, ttlMs: number | undefined): KeeperStatus['lease'] {
  const { at, isArmed, ends, endsBy, idleSince, idleLimitSeconds } = lease
  return {
    text: leaseWords(lease),
    armed: isArmed,
    warn: isEnding(lease, ttlMs === undefined ? undefined : ttlMs / 1000),
    ...(ends === null ? {} : { endsAt: isoOf(ends) }),
    ...(endsBy === null ? {} : { endsBy }),
    ...(idleSince === null ? {} : { idleForMs: Math.max(0, at - idleSince) * 1000 }),
    ...(idleLimitSeconds === null ? {} : { idleMs: idleLimitSeconds * 1000 }),
  }
}

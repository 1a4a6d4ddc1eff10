/** What a lab's keeper is and says right now. On the fast path of `labos ps`. */
import type { AskKeeper, Processes } from '../ports.js'
import type { Paths } from '../state/paths.js'
import { readKey } from '../state/read.js'
import type { KeeperRecord } from '../state/record.js'
import { keeperStatus, type KeeperStatus } from './keeper-status.js'

export interface AskDeps {
  readonly paths: Paths
  readonly processes: Pick<Processes, 'isAlive'>
  readonly ask: AskKeeper
}

/** `lost`: it left without a word. `silent`: it runs and does not answer, or another lab does. */
export type KeeperLook =
  | { readonly kind: 'none' }
  | { readonly kind: 'ended'; readonly ended: NonNullable<KeeperRecord['ended']> }
  | { readonly kind: 'lost' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'answers'; readonly answer: KeeperStatus }

interface Asked {
  readonly name: string
  readonly id: string
  readonly port: number
}

const ANSWER_MS = 2000

export async function lookAtKeeper(lab: Asked, keeper: KeeperRecord | undefined, deps: AskDeps): Promise<KeeperLook> {
  if (!keeper) return { kind: 'none' }
  if (keeper.ended) return { kind: 'ended', ended: keeper.ended }
  if (!(await deps.processes.isAlive(keeper))) return { kind: 'lost' }
  const answer = await askStatus(lab, deps)
  return answer ? { kind: 'answers', answer } : { kind: 'silent' }
}

async function askStatus({ name, id, port }: Asked, { ask, paths }: AskDeps): Promise<KeeperStatus | undefined> {
  const key = readKey(paths, name)
  if (key === undefined) return undefined
  const answer = await ask({ port, key, method: 'GET', path: '/labos/status', timeoutMs: ANSWER_MS }).catch(
    () => undefined,
  )
  const parsed = keeperStatus.safeParse(answer)
  return parsed.success && parsed.data.labId === id ? parsed.data : undefined
}

/** Whose processes they are. */
export const pidsOf = (keeper: KeeperRecord, answer?: KeeperStatus): { keeper: number; engine?: number } => ({
  keeper: keeper.pid,
  ...(answer?.engine.pid === undefined ? {} : { engine: answer.engine.pid }),
})

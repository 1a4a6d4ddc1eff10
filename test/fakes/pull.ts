import { pull, type PullRequest, type PullResult } from '../../src/flow/pull.js'
import { hurriedClock } from './bootstrap.js'
import { fakeContext, type FakeContext } from './context.js'

/** A context that asks the hub at this address, and does not wait. */
export const hubContext = (address: string, env: Record<string, string> = {}): FakeContext => ({
  ...fakeContext({ fetch: globalThis.fetch, env: { HF_ENDPOINT: address, ...env } }),
  clock: hurriedClock() as unknown as FakeContext['clock'],
})

/** Pulls `someone/model` into the folder, unless told otherwise. */
export function pullInto(
  to: string,
  context: FakeContext,
  more: Partial<PullRequest> = {},
  signal = new AbortController().signal,
): Promise<PullResult> {
  return pull({ model: 'someone/model', to, patterns: [], jobs: 4, dryRun: false, ...more }, context, signal)
}

/** `labos up` of a lab on this computer that is there already. */
import { describe, expect, it } from 'vitest'
import type { KeeperStatus } from '../../../src/flow/keeper-status.js'
import { up } from '../../../src/flow/up.js'
import type { Provider } from '../../../src/ports.js'
import { ensureKey } from '../../../src/state/store.js'
import {
  fakeContext,
  type FakeContext,
  fakeProcesses,
  fakeProvider,
  saveSomeKeeper,
  saveSomeLab,
  whileTimePasses,
} from '../../fakes/context.js'

const answer: KeeperStatus = {
  labId: 'lab-one',
  engine: { state: 'serving', pid: 8, restarts: 0 },
  activity: { inFlight: 1, requests: 5 },
  lease: { idleForMs: 0, warn: false },
}

interface Lab {
  readonly context: FakeContext
  /** Pids of keepers that were ended. */
  readonly ended: (number | undefined)[]
}

/** A lab whose keeper does not answer so many questions. */
async function laboratory(silent: number): Promise<Lab> {
  let asked = 0
  const ended: (number | undefined)[] = []
  const destroy: Provider['destroy'] = async ({ keeper }) => (ended.push(keeper.pid), [])
  const context = fakeContext({
    processes: fakeProcesses([1, 7]),
    provider: fakeProvider({ destroy }),
    ask: async () => ((asked += 1) > silent ? answer : undefined),
  })
  await saveSomeLab(context.paths, 'one')
  await ensureKey(context.paths, 'one')
  await saveSomeKeeper(context.paths, 'one')
  return { context, ended }
}

const again = ({ context }: Lab): ReturnType<typeof up> => {
  const request = { model: 'smollm2', name: 'one', agreed: true, lease: {} }
  return whileTimePasses(context.clock, up(request, context, new AbortController().signal))
}

describe('a keeper that does not answer', () => {
  it.each([1, 3])('to %d questions is asked again, and left alone', async (silent) => {
    const lab = await laboratory(silent)
    expect(await again(lab)).toMatchObject({ outcome: 'already-up' })
    expect(lab.ended).toEqual([])
  })

  it('at all is said to be silent, and ended', async () => {
    const lab = await laboratory(Infinity)
    await again(lab).catch(() => undefined) // what is begun anew then has nothing to go on here
    expect(lab.ended[0]).toBe(7)
    expect(lab.context.events).toContainEqual({ type: 'note', text: '"one" does not answer; it is asked again' })
  })
})

/** What a climb of the ladder needs, in memory. */
import { type ClimbDeps, NoRung } from '../../infra/machine/climb.js'
import type { Said } from '../../infra/spec.js'
import { fakeClock, type FakeClock } from './clock.js'
import { type FakeEc2, fakeEc2, type FakeEc2Wish, type FakeIntents, fakeIntents } from './ec2-calls.js'

export interface Climb extends ClimbDeps {
  readonly ec2: FakeEc2
  readonly intents: FakeIntents
  readonly time: FakeClock
  readonly said: readonly Said[]
  readonly cancel: () => void
}

export function climbing(wish: FakeEc2Wish = {}, intents = fakeIntents()): Climb {
  const said: Said[] = []
  const over = new AbortController()
  const ec2 = fakeEc2(wish)
  const time = fakeClock()
  return {
    ec2,
    intents,
    time,
    said,
    say: (one) => void said.push(one),
    signal: over.signal,
    cancel: () => over.abort(),
  }
}

/** The codes of all that was tried. */
export const codesOf = (error: unknown): string[] =>
  error instanceof NoRung ? error.tried.map(({ code }) => code) : []

/** What it rejects with. */
export const caught = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error)

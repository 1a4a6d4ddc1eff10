/** A computer with a rented lab, the cloud that holds it, and `labos down` on it. */
import { expect } from 'vitest'
import { downLabs, type DownOutcome, type DownWish } from '../../src/flow/down-labs.js'
import type { RentedLab } from '../../src/state/record.js'
import { fakeContext, whileItWaits, type FakeContext } from './context.js'
import { fakeCloud, type FakeCloud, saveRentedLab } from './rented.js'

const never = new AbortController().signal

export interface DownWorld {
  readonly context: FakeContext
  readonly cloud: FakeCloud
  /** What the stack was asked. */
  readonly stack: string[]
  down(more?: Partial<DownWish>, signal?: AbortSignal): Promise<DownOutcome>
}

export const downWish = (more: Partial<DownWish> = {}): DownWish => ({
  all: false,
  agreed: false,
  regions: [],
  allRegions: false,
  ignoreNotFound: false,
  force: false,
  purge: false,
  ...more,
})

/** An hour after the lab "one" was made. Null: this computer has no record of it. */
export async function downWorld(
  record: Partial<RentedLab> | null = {},
  more: Parameters<typeof fakeContext>[0] = {},
): Promise<DownWorld> {
  const base = fakeContext(more)
  const cloud = fakeCloud(base.clock)
  const stack: string[] = []
  const context: FakeContext = {
    ...base,
    aws: cloud.aws,
    env: { AWS_PROFILE: 'test' },
    stack: {
      ...base.stack,
      settle: async (name) => {
        stack.push(`settle ${name}`)
        return {}
      },
      forget: async (name, id) => void stack.push(`forget ${name} ${id}`),
    },
  }
  await context.clock.advance(3_600_000)
  if (record) await saveRentedLab(context.paths, record)
  return {
    context,
    cloud,
    stack,
    down: (wish = { named: 'one' }, signal = never) =>
      whileItWaits(context.clock, downLabs(downWish(wish), context, signal)),
  }
}

/** The one failure. */
export async function failureOf({ down }: DownWorld, wish: Partial<DownWish> = { named: 'one' }): Promise<unknown> {
  const { failures } = await down(wish)
  expect(failures.length).toBe(1)
  return failures[0]
}

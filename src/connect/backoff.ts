/** When to try again: pure. */

const FIRST_MS = 200
const LONGEST_MS = 15_000
/** While somebody waits: the first good answer should come within two seconds of the path being back. */
const LONGEST_IN_A_HURRY_MS = 1000

/** From the start of one try to the start of the next. `jitter`: 0 to 1, drawn once a try. */
export function retryDelayMs(failures: number, isInAHurry: boolean, jitter: number): number {
  const longest = isInAHurry ? LONGEST_IN_A_HURRY_MS : LONGEST_MS
  return Math.min(longest, FIRST_MS * 2 ** Math.max(0, failures - 1)) * (0.75 + jitter / 4)
}

/** How long a machine may take to accept the connection: a lost first packet is sent again too late for who waits. */
export const connectLimitMs = (isInAHurry: boolean): number => (isInAHurry ? 1000 : 5000)

const FIRST_LOOK_MS = 10_000
const LONGEST_LOOK_MS = 600_000

/** From losing the machine, or from the last look, to the next look for its address. */
export const lookDelayMs = (looks: number): number => Math.min(LONGEST_LOOK_MS, FIRST_LOOK_MS * 3 ** looks)

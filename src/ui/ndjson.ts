import type { Clock } from '../ports.js'
import { toJson } from './json.js'
import type { Output, Reporter } from './reporter.js'

/** Each event as one line of JSON with the time it happened. */
export const ndjsonReporter = (output: Output, clock: Clock): Reporter => ({
  emit: (event) => void output.write(`${toJson({ at: new Date(clock.now()).toISOString(), ...event })}\n`),
  stop: () => undefined,
})

/** For `--quiet`: says nothing; errors and results do not come this way. */
export const silentReporter: Reporter = { emit: () => undefined, stop: () => undefined }

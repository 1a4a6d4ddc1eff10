/** How often a read is tried again, and after how long. Reads cost nothing, so throttling is waited out. */
import type { EC2ClientConfig } from '@aws-sdk/client-ec2'
import { NetworkFailure } from './fetch-handler.js'

type Strategy = Extract<
  Awaited<Exclude<NonNullable<EC2ClientConfig['retryStrategy']>, (...args: never[]) => unknown>>,
  { acquireInitialRetryToken: unknown }
>
type Token = Awaited<ReturnType<Strategy['acquireInitialRetryToken']>>

const THROTTLED_TRIES = 7
const FAILED_TRIES = 3
const LATE_TRIES = 2
const LONGEST_MS = 10_000
/** Throttled calls wait for a bucket to fill, others for a connection to come back. */
const THROTTLED_FACTOR = 5

/** `pauseMs`: the first pause after a failure; each one after it is twice as long, and a random part is taken off. */
export function retries(pauseMs: number): Strategy {
  return {
    acquireInitialRetryToken: () => Promise.resolve(token(0, 0)),
    refreshRetryTokenForRetry: (before, { error, errorType }) => {
      const count = before.getRetryCount() + 1
      if (count >= triesFor(error, errorType)) return Promise.reject(new Error('tried often enough'))
      const unit = errorType === 'THROTTLING' ? pauseMs * THROTTLED_FACTOR : pauseMs
      const longest = Math.min(LONGEST_MS, unit * 2 ** (count - 1))
      return Promise.resolve(token(count, longest * (0.5 + Math.random() / 2)))
    },
    recordSuccess: () => undefined,
  }
}

function triesFor(error: unknown, errorType: string): number {
  if (error instanceof NetworkFailure) return error.isTimeout ? LATE_TRIES : FAILED_TRIES
  if (errorType === 'THROTTLING') return THROTTLED_TRIES
  return errorType === 'CLIENT_ERROR' ? 1 : FAILED_TRIES
}

const token = (count: number, delayMs: number): Token => ({
  getRetryCount: () => count,
  getRetryDelay: () => delayMs,
})

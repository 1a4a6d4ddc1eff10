/** The SDK's requests by our fetch: proxies of the environment, and a time limit that covers the whole answer. */
import type { EC2ClientConfig } from '@aws-sdk/client-ec2'
import type { Fetch } from '../../ports.js'

type Handler = Extract<NonNullable<EC2ClientConfig['requestHandler']>, { handle: unknown }>

/** What is used of the SDK's own request. */
interface Request {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** No answer, or not in time. Whether it is tried again is for `retries` to say. */
export class NetworkFailure extends Error {
  override readonly name = 'NetworkFailure'
  readonly isTimeout: boolean

  constructor(message: string, isTimeout: boolean) {
    super(message)
    this.isTimeout = isTimeout
  }
}

export function fetchHandler(fetch: Fetch, requestMs: number): Handler {
  return {
    handle: async (request: Request, { abortSignal }: { abortSignal?: unknown } = {}) => {
      const late = AbortSignal.timeout(requestMs)
      const given = abortSignal instanceof AbortSignal ? abortSignal : undefined
      try {
        const answer = await fetch(addressOf(request), {
          method: request.method,
          headers: headersOf(request),
          ...(request.body === undefined ? {} : { body: request.body }),
          redirect: 'manual',
          signal: given ? AbortSignal.any([given, late]) : late,
        })
        const body = new Uint8Array(await answer.arrayBuffer())
        return { response: { statusCode: answer.status, headers: Object.fromEntries(answer.headers), body } }
      } catch (error) {
        if (given?.aborted) throw error
        if (late.aborted) throw new NetworkFailure(`no answer within ${String(requestMs / 1000)} s`, true)
        throw new NetworkFailure(reasonOf(error), false)
      }
    },
    destroy: () => undefined,
  } as Handler
}

function addressOf({ protocol, hostname, port, path, query }: Request): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    [value ?? ''].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
  )
  const place = port === undefined ? hostname : `${hostname}:${String(port)}`
  return `${protocol}//${place}${path}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}`
}

/** fetch makes these two from the address and the body. */
const headersOf = ({ headers }: Request): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(?:host|content-length)$/i.test(name)))

/** fetch says only "fetch failed"; why is in its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error ? cause.message : String(cause)
}

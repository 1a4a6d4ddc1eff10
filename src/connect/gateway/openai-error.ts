/** Errors in the shape that OpenAI clients read. */
export interface OpenAiError {
  readonly status: number
  readonly type: string
  readonly message: string
  readonly code: string | null
  readonly param?: string
  /** Seconds, for 503. */
  readonly retryAfterSeconds?: number
}

export const bodyOf = ({ message, type, code, param }: OpenAiError): string =>
  JSON.stringify({ error: { message, type, param: param ?? null, code } })

const invalid = (status: number, code: string | null, message: string, param?: string): OpenAiError => ({
  status,
  type: 'invalid_request_error',
  message,
  code,
  ...(param === undefined ? {} : { param }),
})

export const badRequest = (message: string, code: string | null = null, param?: string): OpenAiError =>
  invalid(400, code, message, param)

export const forbidden = (message: string): OpenAiError => invalid(403, 'forbidden', message)

export const wrongKey: OpenAiError = invalid(
  401,
  'invalid_api_key',
  'The API key is missing or wrong. `labos env` prints the right one.',
)

export const notFound = (path: string): OpenAiError =>
  invalid(404, 'not_found', `There is nothing at ${path}. The OpenAI API is under /v1.`)

export const unknownModel = (model: string, served: readonly string[]): OpenAiError =>
  invalid(
    404,
    'model_not_found',
    `The model \`${model}\` does not exist here. This lab serves: ${served.join(', ')}.`,
    'model',
  )

/** The engine is away; clients that honour Retry-After try again by themselves. */
export const away = (reason: string, retryAfterMs: number): OpenAiError => ({
  status: 503,
  type: 'server_error',
  message: `The engine is not serving: ${reason}.`,
  code: 'engine_away',
  retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)),
})

/** Sent inside a stream that the engine left unfinished. */
export const engineLost: OpenAiError = {
  status: 502,
  type: 'server_error',
  message: 'The engine ended in the middle of this answer.',
  code: 'engine_lost',
}

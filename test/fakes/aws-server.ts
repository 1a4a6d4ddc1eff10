/** An HTTP server that speaks AWS's protocols, as far as labos asks. */
import { text } from 'node:stream/consumers'
import { vi } from 'vitest'
import { serve } from './http-server.js'

export interface Answer {
  readonly status?: number
  readonly body: string
}

/**
 * Answers each action in turn; the last one again and again. Credentials and the address come into the environment.
 * Resolves to what is asked, oldest first: the action, or the target of the Pricing API, and the token of the page.
 */
export async function awsServer(answers: Readonly<Record<string, readonly Answer[]>>): Promise<readonly string[]> {
  const asked: string[] = []
  const turns = new Map(Object.entries(answers).map(([action, all]) => [action, [...all]]))
  const address = await serve((request, response) => {
    void text(request).then((body) => {
      const form = new URLSearchParams(body)
      const action = form.get('Action') ?? String(request.headers['x-amz-target']).split('.').at(-1) ?? ''
      const token = form.get('NextToken') ?? /"NextToken":"([^"]+)"/.exec(body)?.[1]
      asked.push(token === undefined ? action : `${action} ${token}`)
      const turn = turns.get(action) ?? []
      const answer = (turn.length > 1 ? turn.shift() : turn[0]) ?? { status: 500, body: 'unexpected' }
      response.writeHead(answer.status ?? 200, {
        'content-type': answer.body.startsWith('{') ? 'application/x-amz-json-1.1' : 'text/xml',
      })
      response.end(answer.body)
    })
  })
  withCredentials(address)
  return asked
}

/** What the SDK reads of the environment; `vi.unstubAllEnvs` takes it away again. */
export function withCredentials(address: string): void {
  vi.stubEnv('AWS_ENDPOINT_URL', address)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  vi.stubEnv('AWS_PROFILE', undefined)
}

export const xml = (action: string, content: string, next = ''): Answer => ({
  body: `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${content}${next === '' ? '' : `<nextToken>${next}</nextToken>`}</${action}Response>`,
})

export const refusal = (code: string, status = 403, message = 'no'): Answer => ({
  status,
  body: `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>r</RequestID></Response>`,
})

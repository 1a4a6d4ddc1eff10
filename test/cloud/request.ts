/** What a request to AWS asks for, read from its signature's scope and its body. */
import type { IncomingHttpHeaders } from 'node:http'

export interface AwsRequest {
  /** As the signature names it: `ec2`, `sts`, `ssm`, `servicequotas`. */
  readonly service: string
  readonly region: string
  readonly action: string
  /** Of a query: its form, flat. Of a JSON request: the top-level strings and numbers. */
  readonly params: Readonly<Record<string, string>>
}

const SCOPE = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\/aws4_request/

export function readRequest(headers: IncomingHttpHeaders, body: string): AwsRequest {
  const [, region = 'us-east-1', service = 'unknown'] = SCOPE.exec(headers.authorization ?? '') ?? []
  const target = headers['x-amz-target']
  if (typeof target === 'string')
    return { service, region, action: target.split('.').at(-1) ?? target, params: jsonParams(body) }
  const params = Object.fromEntries(new URLSearchParams(body))
  return { service, region, action: params['Action'] ?? 'unknown', params }
}

function jsonParams(body: string): Record<string, string> {
  const value = JSON.parse(body || '{}') as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) =>
      typeof each === 'string' || typeof each === 'number' ? [[key, String(each)]] : [],
    ),
  )
}

/** The values of a numbered list in a form: `InstanceId.1`, `InstanceId.2`. */
export function listOf({ params }: AwsRequest, name: string): string[] {
  const numbered = new RegExp(`^${name}\\.\\d+$`)
  return Object.entries(params).flatMap(([key, value]) => (numbered.test(key) ? [value] : []))
}

export interface Answer {
  readonly status: number
  readonly body: string
  readonly contentType: string
}

export const json = (value: unknown, status = 200): Answer => ({
  status,
  body: JSON.stringify(value),
  contentType: 'application/x-amz-json-1.1',
})

/** The HTTP status that AWS gives such a refusal, where it is not 400. */
const STATUS: Readonly<Record<string, number>> = {
  AuthFailure: 401,
  UnauthorizedOperation: 403,
  AccessDenied: 403,
  ExpiredToken: 403,
  InvalidClientTokenId: 403,
  DryRunOperation: 412,
  InsufficientInstanceCapacity: 500,
  InsufficientHostCapacity: 500,
  InsufficientVolumeCapacity: 500,
  InternalError: 500,
  InternalFailure: 500,
  ServerInternal: 500,
  RequestLimitExceeded: 503,
  ServiceUnavailable: 503,
  Unavailable: 503,
}

/** A refusal in the form of the service that was asked. */
export function refusal({ service }: AwsRequest, code: string, message: string, status = STATUS[code] ?? 400): Answer {
  const error = `<Code>${escaped(code)}</Code><Message>${escaped(message)}</Message>`
  if (service === 'ec2')
    return xml(`<Response><Errors><Error>${error}</Error></Errors><RequestID>req-test</RequestID></Response>`, status)
  if (service === 'sts' || service === 'iam')
    return xml(
      `<ErrorResponse><Error><Type>Sender</Type>${error}</Error><RequestId>req-test</RequestId></ErrorResponse>`,
      status,
    )
  return json({ __type: code, message }, status)
}

const xml = (body: string, status: number): Answer => ({ status, body, contentType: 'text/xml' })
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** What a request to AWS asks for, read from its signature's scope and its body. */
import type { IncomingHttpHeaders } from 'node:http'

export interface AwsRequest {
  /** As the signature names it: `ec2`, `sts`, `ssm`, `servicequotas`. */
  readonly service: string
  readonly region: string
  /** Whose signature it is: the id of an access key. */
  readonly keyId: string
  readonly action: string
  /** Of a query: its form, flat. Of a JSON request: its strings and numbers, in the same way. */
  readonly params: Readonly<Record<string, string>>
}

const SCOPE = /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\/aws4_request/

export function readRequest(headers: IncomingHttpHeaders, body: string): AwsRequest {
  const [, keyId = '', region = 'us-east-1', service = 'unknown'] = SCOPE.exec(headers.authorization ?? '') ?? []
  const target = headers['x-amz-target']
  if (typeof target === 'string')
    return { service, region, keyId, action: target.split('.').at(-1) ?? target, params: jsonParams(body) }
  const params = Object.fromEntries(new URLSearchParams(body))
  return { service, region, keyId, action: params['Action'] ?? 'unknown', params }
}

/** Flat, in the way of a form: `Filters.1.Field`. */
function jsonParams(body: string): Record<string, string> {
  const flat = (name: string, value: unknown): [string, string][] => {
    if (typeof value === 'string' || typeof value === 'number') return [[name, String(value)]]
    if (Array.isArray(value)) return value.flatMap((each, index) => flat(`${name}.${String(index + 1)}`, each))
    if (typeof value !== 'object' || value === null) return []
    return Object.entries(value).flatMap(([key, each]) => flat(name === '' ? key : `${name}.${key}`, each))
  }
  return Object.fromEntries(flat('', JSON.parse(body || '{}')))
}

/** The values of a numbered list in a form: `InstanceId.1`, `InstanceId.2`. */
export function listOf({ params }: AwsRequest, name: string): string[] {
  const numbered = new RegExp(`^${name}\\.\\d+$`)
  return Object.entries(params).flatMap(([key, value]) => (numbered.test(key) ? [value] : []))
}

/** The filters of a read: name to values. */
export function filtersOf(request: AwsRequest): Map<string, readonly string[]> {
  const names = Object.entries(request.params).filter(([key]) => /^Filter\.\d+\.Name$/.test(key))
  return new Map(
    names.map(([key, name]) => [name, listOf(request, key.replace(/Name$/, 'Value').replaceAll('.', '\\.'))]),
  )
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

/** What EC2 says when all is well. */
export const ec2Answer = (action: string, inner: string): Answer =>
  xml(`<${action}Response><requestId>req-test</requestId>${inner}</${action}Response>`, 200)

/** One element for each pair; what is undefined is left out. */
export const elements = (values: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(values)
    .map(([name, value]) => (value === undefined ? '' : `<${name}>${escaped(value)}</${name}>`))
    .join('')

export const xml = (body: string, status: number): Answer => ({ status, body, contentType: 'text/xml' })
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

/** The instance metadata service as EC2 has it: who asks is known by the address that asks. */
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Guest } from './guest.js'

interface Said {
  readonly status: number
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

const MOST_SECONDS = 21_600
const NOT_FOUND: Said = { status: 404 }
const TTL = 'x-aws-ec2-metadata-token-ttl-seconds'

/** `guestAt` knows who has an address. */
export function metadataServer(guestAt: (address: string) => Guest | undefined): Server {
  const tokens = new Map<string, { readonly guest: Guest; readonly untilMs: number }>()
  const say = async (request: IncomingMessage): Promise<Said> => {
    const guest = guestAt(request.socket.remoteAddress ?? '')
    if (!guest) return NOT_FOUND
    const path = decodeURI(request.url ?? '').replace(/\/+$/, '')
    if (path === '/latest/api/token') return newToken(request, guest, tokens)
    if (request.method !== 'GET') return { status: 405 }
    const token = request.headers['x-aws-ec2-metadata-token']
    const known = typeof token === 'string' ? tokens.get(token) : undefined
    const isValid = known?.guest === guest && known.untilMs > performance.now()
    if (token === undefined ? guest.facts.needsToken : !isValid) return { status: 401 }
    return answer(path, guest)
  }
  return createServer((request, response) => {
    say(request).then(
      ({ status, body = '', headers = {} }) =>
        response.writeHead(status, { 'content-type': 'text/plain', server: 'EC2ws', ...headers }).end(body),
      (error: unknown) => response.writeHead(500).end(String(error)),
    )
  })
}

function newToken(
  { method, headers }: IncomingMessage,
  guest: Guest,
  tokens: Map<string, { readonly guest: Guest; readonly untilMs: number }>,
): Said {
  if (method !== 'PUT') return { status: 405 }
  if (headers['x-forwarded-for'] !== undefined) return { status: 403 }
  const seconds = Number(headers[TTL])
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MOST_SECONDS) return { status: 400 }
  const token = randomBytes(40).toString('base64url')
  tokens.set(token, { guest, untilMs: performance.now() + seconds * 1000 })
  return { status: 200, body: token, headers: { [TTL]: String(seconds) } }
}

async function answer(path: string, guest: Guest): Promise<Said> {
  const { facts } = guest
  if (path === '/latest/user-data') return facts.userData.length > 0 ? { status: 200, body: facts.userData } : NOT_FOUND
  if (path === '/latest/dynamic/instance-identity/document') return { status: 200, body: identity(guest) }
  const [, place] = /^\/latest\/meta-data(?:\/(.+))?$/.exec(path) ?? []
  if (place === undefined) return path === '/latest/meta-data' ? list(await entries(guest), '') : NOT_FOUND
  const found = await entries(guest)
  const body = found.get(place)
  return body === undefined ? list(found, `${place}/`) : { status: 200, body }
}

/** The names right below, as the service lists them; folders have a slash. */
function list(found: ReadonlyMap<string, string>, prefix: string): Said {
  const below = [...found.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
  const names = new Set(below.map((name) => name.replace(/\/.*/, '/')))
  return names.size > 0 ? { status: 200, body: [...names].sort().join('\n') } : NOT_FOUND
}

async function entries({ facts, address, spotEnd }: Guest): Promise<Map<string, string>> {
  const { instanceId, instanceType, imageId, region, zone, privateAddress } = facts
  const name = `ip-${privateAddress.replaceAll('.', '-')}.ec2.internal`
  const entry = {
    'ami-id': imageId,
    hostname: name,
    'instance-id': instanceId,
    'instance-type': instanceType,
    'local-hostname': name,
    'local-ipv4': privateAddress,
    'public-ipv4': address,
    'placement/availability-zone': zone,
    'placement/region': region,
  }
  const keys = Object.values(facts.publicKeys).map((key, index): [string, string] => [
    `public-keys/${String(index)}/openssh-key`,
    key,
  ])
  const tags = Object.entries((await facts.tags()) ?? {}).map(
    ([key, value]) => [`tags/instance/${key}`, value] as const,
  )
  return new Map([...Object.entries(entry), ...keys, ...tags, ...spot(spotEnd)])
}

function spot(at: Date | undefined): [string, string][] {
  if (at === undefined) return []
  const time = `${at.toISOString().slice(0, 19)}Z`
  return [
    ['spot/instance-action', JSON.stringify({ action: 'terminate', time })],
    ['spot/termination-time', time],
  ]
}

const identity = ({ facts }: Guest): string => {
  const { instanceId, instanceType, imageId, region, zone, privateAddress } = facts
  const fields = { instanceId, instanceType, imageId, region, availabilityZone: zone, privateIp: privateAddress }
  return JSON.stringify({ ...fields, architecture: 'x86_64', version: '2017-09-30' }, undefined, 2)
}

/** The door of the cloud: every request is noted, meets its fault, and goes on to moto or to what stands in for it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { JournalEntry } from './cloud.js'
import type { Door } from './door.js'
import type { FaultKind } from './faults.js'
import { type Answer, type AwsRequest, readRequest } from './request.js'
import type { AccessKey } from './signature.js'
import type { Forward } from './world.js'

export interface ProxyDeps {
  readonly door: Door
  readonly journal: JournalEntry[]
  /** The scripted fault that it meets. */
  meet(request: AwsRequest): Promise<FaultKind | undefined>
  /** What to sign with again, where moto looks at signatures. */
  keyOf(request: AwsRequest): AccessKey | undefined
  /** The answer of a scripted error. */
  refuse(request: AwsRequest, fault: Extract<FaultKind, { error: string }>): Answer
  /** What stands in for moto or around it; `forward` asks moto with the form given. */
  answer(request: AwsRequest, forward: Forward): Promise<Answer>
}

export function makeProxy(deps: ProxyDeps): Server {
  return createServer((incoming, outgoing) => {
    pass(incoming, outgoing, deps).catch((error: unknown) => {
      outgoing.writeHead(502, { 'content-type': 'text/plain' }).end(String(error))
    })
  })
}

async function pass(incoming: IncomingMessage, outgoing: ServerResponse, deps: ProxyDeps): Promise<void> {
  const body = await text(incoming)
  const request = readRequest(incoming.headers, body)
  const entry: JournalEntry = { seq: deps.journal.length, atMs: Date.now(), ...request, phase: 'open' }
  deps.journal.push(entry)
  const { method = 'POST', url: path = '/', headers } = incoming
  const { service, region } = request
  const forward: Forward = (params) => {
    const form = params ? new URLSearchParams(params).toString() : body
    return deps.door.pass({ method, path, headers, service, region, body: form }, deps.keyOf(request))
  }
  const fault = await deps.meet(request)
  if (fault) entry.fault = JSON.stringify(fault)
  const answer = await answered(fault, request, entry, deps, () => deps.answer(request, forward))
  if (answer === 'never') return
  if (answer === 'cut') {
    entry.phase = 'cut'
    incoming.socket.destroy()
    return
  }
  const code = answer.status === 200 ? undefined : /(?:<Code>|"__type":")([^<"]+)/.exec(answer.body)?.[1]
  Object.assign(entry, { phase: 'answered', status: answer.status, ...(code === undefined ? {} : { code }) })
  const bytes = Buffer.from(answer.body)
  outgoing.writeHead(answer.status, { 'content-type': answer.contentType, 'content-length': bytes.length }).end(bytes)
}

async function answered(
  fault: FaultKind | undefined,
  request: AwsRequest,
  entry: JournalEntry,
  { refuse }: ProxyDeps,
  carryOut: () => Promise<Answer>,
): Promise<Answer | 'cut' | 'never'> {
  if (!fault) return carryOut()
  if ('error' in fault) return refuse(request, fault)
  if ('delayMs' in fault) {
    await sleep(fault.delayMs)
    return carryOut()
  }
  if ('call' in fault) {
    if ((await fault.call('before', entry)) === 'cut') return 'cut'
    const answer = await carryOut()
    return (await fault.call('after', entry)) === 'cut' ? 'cut' : answer
  }
  const [when, result] = 'cut' in fault ? [fault.cut, 'cut' as const] : [fault.hang, 'never' as const]
  if (when === 'after') await carryOut()
  return result
}

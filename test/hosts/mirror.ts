/** A server for what machines download, on this computer's side of their network, that is slow, silent or wrong on demand. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { normalize } from 'node:path/posix'
import { type Link, openLink } from './link.js'

export interface MirrorFault {
  readonly status: number
  /** How many requests meet it. */
  readonly times: number
  /** Of a request, with its query; absent = all. */
  readonly path?: RegExp
  readonly headers?: Readonly<Record<string, string>>
}

/** The link's knobs are those of its answers: bytes of head and body as they go over the wire. */
export interface Mirror extends Link {
  /** Without a slash at the end. */
  readonly url: string
  /** `METHOD PATH`, and the range where there was one. */
  readonly asked: readonly string[]
  /** The fault that was added first is met first. */
  fail(fault: MirrorFault): void
  close(): Promise<void>
}

/** Resolves when it listens on a free port of `host`. */
export async function startMirror(host: string, listener: RequestListener): Promise<Mirror> {
  const asked: string[] = []
  const faults: { fault: MirrorFault; left: number }[] = []
  const origin = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    asked.push([method, url, headers.range].filter(Boolean).join(' '))
    const met = faults.find(({ fault, left }) => left > 0 && (fault.path?.test(url) ?? true))
    if (!met) return listener(request, response)
    met.left -= 1
    response.writeHead(met.fault.status, met.fault.headers).end()
  })
  await once(origin.listen(0, '127.0.0.1'), 'listening')
  const link = await openLink(host, (origin.address() as AddressInfo).port)
  const { port } = link.server.address() as AddressInfo
  const closeLink = link.close
  return Object.assign(link, {
    url: `http://${host}:${String(port)}`,
    asked,
    fail: (fault: MirrorFault) => void faults.push({ fault, left: fault.times }),
    close: async () => {
      await closeLink()
      origin.closeAllConnections()
      await new Promise((resolve) => origin.close(resolve))
    },
  })
}

/** The path of a request, decoded, without what could lead out of a folder. */
export const pathOf = ({ url = '/' }: IncomingMessage): string =>
  normalize(decodeURIComponent(new URL(url, 'http://mirror').pathname))

import { createServer, type RequestListener } from 'node:http'
import { afterEach } from 'vitest'
import { quietPort } from './quiet-port.js'

const closers: (() => Promise<void>)[] = []

/** A server on a free loopback port, closed after the test. Resolves to its address, without a slash at the end. */
export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  return `http://127.0.0.1:${String(typeof address === 'object' && address ? address.port : 0)}`
}

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** An address where nobody listens. */
export const deadAddress = async (): Promise<string> => `http://127.0.0.1:${String(await quietPort())}`

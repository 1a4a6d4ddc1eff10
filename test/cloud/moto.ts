/** moto's server: an EC2 look-alike in memory. Installed once into the test cache, started per cloud, ended by pid. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { installTool } from './python-tool.js'

const MOTO = { name: 'moto', version: '5.2.5', wish: 'moto[server]', module: 'moto.server' }

/** Resolves to its Python; instant when it is there. */
export const installMoto = (signal?: AbortSignal): Promise<string> => installTool(MOTO, signal)
const START_MS = 60_000

export interface Moto {
  /** Without a slash at the end. */
  readonly url: string
  stop(): Promise<void>
}

/** Ends when the pipe to its parent closes, which happens even to a parent that is killed. */
const SERVER = `
import os, sys, threading

def watch():
    while os.read(0, 1):
        pass
    os._exit(0)

threading.Thread(target=watch, daemon=True).start()
from moto.server import main
main(sys.argv[1:])
`

/**
 * Installs it when the cache lacks it, and resolves when it listens. Rejects with what it said when it does not, and when
 * the signal aborts; nothing of it runs then.
 */
export async function startMoto(signal?: AbortSignal): Promise<Moto> {
  const python = await installMoto(signal)
  const child = spawn(python, ['-c', SERVER, '-H', '127.0.0.1', '-p', '0'], { stdio: ['pipe', 'ignore', 'pipe'] })
  try {
    const port = await listening(child, signal)
    return { url: `http://127.0.0.1:${String(port)}`, stop: () => stopped(child) }
  } catch (error) {
    await stopped(child)
    throw error
  }
}

/** Resolves to the port, which the server says. */
async function listening(child: ChildProcess, signal?: AbortSignal): Promise<number> {
  let said = ''
  const ended = new AbortController()
  child.once('exit', (code) => ended.abort(new Error(`moto ends with ${String(code)} at its start: ${said}`)))
  child.once('error', (error) => ended.abort(error))
  const late = AbortSignal.timeout(START_MS)
  const given = AbortSignal.any([ended.signal, late, ...(signal ? [signal] : [])])
  for (;;) {
    try {
      const [chunk] = (await once(child.stderr ?? child, 'data', { signal: given })) as [Buffer]
      said = (said + chunk.toString()).slice(-4000)
    } catch {
      throw given.reason
    }
    const port = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1]
    if (port === undefined) continue
    child.stderr?.resume() // what it says of each request is not wanted, but must not fill the pipe
    return Number(port)
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL') // it keeps nothing
  await ended
}

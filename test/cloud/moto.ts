/** moto's server: an EC2 look-alike in memory. Installed once into the test cache, started per cloud, ended by pid. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { systemPorts } from '../../src/adapters/ports.js'
import { testCacheDir } from '../setup/test-cache.js'

const VERSION = '5.2.5'
const INSTALL_MS = 280_000
const START_MS = 60_000
const run = promisify(execFile)

export interface Moto {
  /** Without a slash at the end. */
  readonly url: string
  stop(): Promise<void>
}

/** Installs it when the cache lacks it, and resolves when it answers. Rejects with what it said when it does not. */
export async function startMoto(): Promise<Moto> {
  const home = await installMoto()
  const port = await systemPorts(process.platform).free()
  const url = `http://127.0.0.1:${String(port)}`
  const child = spawn(join(home, 'bin', 'python'), ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)))
  try {
    await answers(url, child)
  } catch (error) {
    await stopped(child)
    throw new Error(`moto does not start: ${said}`, { cause: error })
  }
  return { url, stop: () => stopped(child) }
}

async function installMoto(): Promise<string> {
  const home = join(testCacheDir(), `moto-${VERSION}`)
  // A venv holds its own path, so it is made in place; the mark, made last, says that it is whole.
  const mark = join(home, 'labos-installed')
  if (existsSync(mark)) return home
  await rm(home, { recursive: true, force: true })
  await run('python3', ['-m', 'venv', home], { timeout: INSTALL_MS })
  await run(
    join(home, 'bin', 'pip'),
    ['install', '--quiet', '--disable-pip-version-check', `moto[server]==${VERSION}`],
    { timeout: INSTALL_MS },
  )
  await run(join(home, 'bin', 'python'), ['-c', 'import moto.server'], { timeout: START_MS })
  await mkdir(mark)
  return home
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const since = performance.now()
  for (;;) {
    if (child.exitCode !== null) throw new Error(`it ended with ${String(child.exitCode)}`)
    const isUp = await fetch(`${url}/moto-api/`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isUp) return
    if (performance.now() - since > START_MS) throw new Error('it does not answer')
    await sleep(50)
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL') // it keeps nothing
  await ended
}

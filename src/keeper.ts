/** The keeper's program: `node dist/keeper.js NAME LABS_DIR CACHE_DIR`, started by `labos up`, detached. */
import type { KeeperWord } from './adapters/launch-keeper.js'
import { systemProcesses } from './adapters/processes.js'
import { systemClock } from './adapters/system-clock.js'
import { LabosError } from './errors/labos-error.js'
import type { KeepRemoteDeps } from './flow/keep/held.js'
import { isRemote } from './flow/keep/is-remote.js'
import type { KeepDeps } from './flow/keep/local.js'

/** Says one word to whoever started this process, if that is still there. */
function tell(word: KeeperWord): void {
  if (process.connected) process.send?.(word, undefined, undefined, () => undefined)
}

const LAST_WORDS_MS = 5000

const say = (line: string): void => void process.stdout.write(`${new Date().toISOString()} ${line}\n`)

async function main(): Promise<void> {
  const [name = '', labsDir = '', cacheDir = ''] = process.argv.slice(2)
  process.title = `labos keeper ${name}`
  const processes = systemProcesses(process.platform)
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort())
  process.on('SIGHUP', () => undefined) // the terminal it was started from may close
  const deps = {
    paths: { labsDir, cacheDir, configFile: '' },
    clock: systemClock,
    processes,
    self: (await processes.find(process.pid)) ?? { pid: process.pid, startTime: '' },
    onListening: () => tell({ type: 'listening' }),
    say,
  }
  await (isRemote(name, deps.paths) ? keepRemotely : keepHere)(name, deps, stop.signal)
}

type Shared = Pick<KeepDeps, 'paths' | 'clock' | 'self' | 'onListening' | 'say'> & {
  readonly processes: ReturnType<typeof systemProcesses>
}

/** Each kind loads what it needs. */
async function keepHere(name: string, deps: Shared, signal: AbortSignal): Promise<void> {
  const [{ keep }, { localMachine }, { systemPorts }, { spawnEngine }, { ollamaPort }] = await Promise.all([
    import('./flow/keep/local.js'),
    import('./adapters/local-machine.js'),
    import('./adapters/ports.js'),
    import('./adapters/spawn-engine.js'),
    import('./engines/ollama.js'),
  ])
  const here = {
    ports: systemPorts(process.platform),
    machine: localMachine(),
    ollamaPort: ollamaPort(process.env['OLLAMA_HOST']),
    spawn: spawnEngine,
  }
  await keep(name, { ...deps, ...here }, signal)
}

async function keepRemotely(name: string, deps: Shared, signal: AbortSignal): Promise<void> {
  const [{ keepRemote }, { findMachine }, { connectSsh }, { lazyAws }, { proxyFetch }] = await Promise.all([
    import('./flow/keep/remote.js'),
    import('./flow/find-machine.js'),
    import('./adapters/ssh/machine.js'),
    import('./adapters/aws/lazy-aws.js'),
    import('./adapters/fetch.js'),
  ])
  const aws = lazyAws(proxyFetch(process.env), process.env)
  const there: Pick<KeepRemoteDeps, 'connect' | 'env' | 'random' | 'findAgain'> = {
    connect: connectSsh,
    env: process.env,
    random: Math.random,
    findAgain: (place) => findMachine(name, place, { ...deps, aws }, signal),
  }
  await keepRemote(name, { ...deps, ...there }, signal)
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error))
    const known = error instanceof LabosError ? error : undefined
    tell({
      type: 'error',
      code: known?.code ?? 'keeper.failed',
      message: error instanceof Error ? error.message : String(error),
      suggestions: known?.suggestions ?? [],
    })
    process.exitCode = 1
    if (process.connected) process.disconnect()
    // Whatever is open still must not keep a keeper that nobody knows of.
    setTimeout(() => process.exit(1), LAST_WORDS_MS).unref()
  },
)

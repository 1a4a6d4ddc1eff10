/** The keeper's program: `node dist/keeper.js NAME LABS_DIR CACHE_DIR`, started by `labos up`, detached. */
import { localMachine } from './adapters/local-machine.js'
import type { KeeperWord } from './adapters/launch-keeper.js'
import { systemPorts } from './adapters/ports.js'
import { systemProcesses } from './adapters/processes.js'
import { spawnEngine } from './adapters/spawn-engine.js'
import { systemClock } from './adapters/system-clock.js'
import { ollamaPort } from './engines/ollama.js'
import { LabosError } from './errors/labos-error.js'
import { keep } from './flow/keep.js'

/** Says one word to whoever started this process, if that is still there. */
function tell(word: KeeperWord): void {
  if (process.connected) process.send?.(word, undefined, undefined, () => undefined)
}

const say = (line: string): void => void process.stdout.write(`${new Date().toISOString()} ${line}\n`)

async function main(): Promise<void> {
  const [name = '', labsDir = '', cacheDir = ''] = process.argv.slice(2)
  process.title = `labos keeper ${name}`
  const processes = systemProcesses(process.platform)
  const self = (await processes.find(process.pid)) ?? { pid: process.pid, startTime: '' }
  const stop = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort())
  process.on('SIGHUP', () => undefined) // the terminal it was started from may close
  await keep(
    name,
    {
      paths: { labsDir, cacheDir, configFile: '' },
      clock: systemClock,
      processes,
      ports: systemPorts(process.platform),
      machine: localMachine(),
      self,
      ollamaPort: ollamaPort(process.env['OLLAMA_HOST']),
      spawn: spawnEngine,
      onListening: () => tell({ type: 'listening' }),
      say,
    },
    stop.signal,
  )
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
  },
)

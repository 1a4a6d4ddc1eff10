import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { EngineProcess } from '../engines/engine.js'
import type { RunningEngine } from '../serve/supervisor.js'

/**
 * Starts an engine as a child of this process. Its stdin is a pipe that nothing is written to: it closes when the
 * keeper ends, however it ends, and the engine leaves. Throws when the program cannot be started.
 */
export const spawnEngine = ({ argv, env }: EngineProcess, onLine: (line: string) => void): Promise<RunningEngine> =>
  new Promise((resolve, reject) => {
    const [program, ...args] = argv
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    })
    child.stdin.on('error', () => undefined) // the engine may close it first
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine)
    const ended = new Promise<string>((done) => {
      child.once('close', (code, signal) => done(signal ?? `exit ${String(code)}`))
    })
    child.once('error', reject)
    child.once('spawn', () => {
      resolve({ pid: child.pid ?? 0, ended, kill: (signal) => void child.kill(signal) })
    })
  })

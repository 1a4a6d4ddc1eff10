/** vLLM as systemd runs it on a machine, but on this computer and without systemd: its own processes, in a group. */
import { spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../src/adapters/system-clock.js'
import { ask } from '../../src/serve/health.js'
import { endNow } from '../fakes/cli.js'
import { quietPort } from '../fakes/quiet-port.js'
import { CONTEXT_TOKENS, vllmConfig } from './config.js'
import type { Installation } from './installation.js'
import { groupOf } from './process-group.js'

export interface EngineWish {
  /** Settings over those of the plan. */
  readonly args?: Readonly<Record<string, string>>
  readonly contextTokens?: number
  /** GiB of memory for the KV cache; null = the setting decides. */
  readonly kvGiB?: number | null
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface RunningEngine {
  readonly port: number
  readonly pid: number
  readonly key: string
  readonly exit: Promise<Exit>
  dial(): Duplex
  /** What it has written so far. */
  lines(): string[]
  /** What GET /health meets: a status, or that nobody answers. */
  health(): Promise<number | 'refused' | 'silent'>
  /** Resolves when it serves; rejects with its words when it ends before, or after four minutes. */
  serves(): Promise<void>
  /** The process of the group whose title ends so. */
  process(title: string): number
  /** Whatever is left of it. */
  kill(): void
}

const KEY = 'sk-engine-of-the-test'
const SERVES_MS = 240_000
const LOOK_MS = 200

export async function startEngine({ home, cache }: Installation, wish: EngineWish = {}): Promise<RunningEngine> {
  const port = await quietPort()
  const file = join(home, `vllm-${String(port)}.yaml`)
  await mkdir(join(home, 'tmp'), { recursive: true })
  await writeFile(file, await configOf(home, port, wish))
  const log = `${file}.log`
  const out = openSync(log, 'a')
  const child = spawn(join(home, 'engine/bin/vllm'), ['serve', '--config', file], {
    cwd: home,
    env: engineEnv(home, cache, wish),
    stdio: ['ignore', out, out],
    detached: true,
  })
  const exit = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  const pid = child.pid ?? 0
  const dial = (): Duplex => connect(port, '127.0.0.1')
  const health = async (): Promise<number | 'refused' | 'silent'> => {
    const answer = await ask({ dial, path: '/health', timeoutMs: 2000 }, systemClock)
    return typeof answer === 'string' ? answer : answer.status
  }
  const lines = (): string[] => readFileSync(log, 'utf8').split(/[\r\n]+/)
  return {
    port,
    pid,
    key: KEY,
    exit,
    dial,
    lines,
    health,
    serves: async () => {
      const over = exit.then(({ code }) => Promise.reject(new Error(`vLLM ended (${String(code)}):\n${tail(lines())}`)))
      await Promise.race([over, until(async () => (await health()) === 200, lines)])
    },
    process: (title) => {
      const found = groupOf(pid).find((each) => each.title.endsWith(title))
      if (!found) throw new Error(`no process ${title}`)
      return found.pid
    },
    kill: () => {
      for (const each of groupOf(pid)) endNow(each.pid)
    },
  }
}

async function configOf(home: string, port: number, { args = {}, contextTokens }: EngineWish): Promise<string> {
  const planned = await readFile(join(home, 'config/host.yaml'), 'utf8')
  const revision = /^revision: "(\w+)"$/m.exec(planned)?.[1] ?? ''
  const settings = Object.entries({ port: String(port), ...args }).map(([name, value]) => ({ name, value }))
  return vllmConfig(revision, settings, { contextTokens: contextTokens ?? CONTEXT_TOKENS })
}

/** As serve.sh writes engine.env, and what a computer without a GPU needs. */
const engineEnv = (home: string, cache: string, { kvGiB = 1 }: EngineWish): NodeJS.ProcessEnv => ({
  PATH: `${home}/engine/bin:/usr/bin:/bin`,
  HOME: join(home, 'home'),
  HF_HOME: join(home, 'disk/hf'),
  HF_HUB_OFFLINE: '1',
  TMPDIR: join(home, 'tmp'),
  VLLM_API_KEY: KEY,
  VLLM_NO_USAGE_STATS: '1',
  DO_NOT_TRACK: '1',
  VLLM_CACHE_ROOT: cache,
  VLLM_CPU_CI_ENV: '1',
  VLLM_CPU_OMP_THREADS_BIND: 'nobind',
  OMP_NUM_THREADS: '1',
  ...(kvGiB === null ? {} : { VLLM_CPU_KVCACHE_SPACE: String(kvGiB) }),
})

async function until(isSo: () => Promise<boolean>, lines: () => string[]): Promise<void> {
  const deadline = performance.now() + SERVES_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`vLLM did not serve in time:\n${tail(lines())}`)
    await sleep(LOOK_MS)
  }
}

const tail = (lines: readonly string[]): string => lines.slice(-30).join('\n')

import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpuSeconds, fixed, median } from './measure.js'

const ROUNDS = 5
const REST_MS = 60_000
const TICKS_PER_SECOND = 100

export async function labRows() {
  const home = mkdtempSync(join(tmpdir(), 'labos-bench-'))
  const env = { ...process.env, LABOS_HOME: home, NODE_EXTRA_CA_CERTS: undefined }
  /** @param {string[]} args */
  const labos = (...args) =>
    execFileSync('node', ['bin/run.cjs', ...args], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    labos('up', 'smollm2', '--yes', '--port', '0')
    const keeper = JSON.parse(readFileSync(join(home, 'labs/smollm2/keeper.json'), 'utf8'))
    const [rest, status] = [await atRest(keeper.pid), statusRatio(env)]
    labos('down')
    const ratios = []
    for (let round = 0; round < ROUNDS; round += 1) {
      const byLabos = firstTokenByLabos(labos)
      labos('down')
      ratios.push(byLabos / (await firstTokenByHand(join(home, 'cache'))))
    }
    const ratio = median(ratios)
    return [
      {
        what: '`labos ps` with a lab that serves, CPU time',
        target: '1.8x or less',
        measured: `${fixed(status.ps)}x`,
        ok: status.ps <= 1.8,
      },
      {
        what: '`labos status` of it, CPU time',
        target: '1.8x or less',
        measured: `${fixed(status.status)}x`,
        ok: status.status <= 1.8,
      },
      {
        what: 'keeper memory at rest',
        target: '80 MB or less',
        measured: `${fixed(rest.megabytes, 0)} MB`,
        ok: rest.megabytes <= 80,
      },
      {
        what: 'keeper CPU at rest, over a minute',
        target: '0.1 % or less',
        measured: `${fixed(rest.percent)} %`,
        ok: rest.percent <= 0.1,
      },
      {
        what: '`labos up`, all prepared, to the first token, against the engine started by hand',
        target: '1.15x or less',
        measured: `${fixed(ratio)}x`,
        ok: ratio <= 1.15,
      },
    ]
  } finally {
    labos('down', '--ignore-not-found')
    rmSync(home, { recursive: true })
  }
}

/** @param {NodeJS.ProcessEnv} env */
function statusRatio(env) {
  /** @param {string} command */
  const of = (command) =>
    median(
      Array.from(
        { length: 15 },
        () => cpuSeconds(['node', 'bin/run.cjs', command], env) / cpuSeconds(['node', '-e', '0'], env),
      ),
    )
  return { ps: of('ps'), status: of('status') }
}

/** @param {number} pid */
async function atRest(pid) {
  const cpu = () =>
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ')
      .slice(11, 13)
      .map(Number)
      .reduce((a, b) => a + b, 0) ?? 0
  const before = cpu()
  await new Promise((resolve) => setTimeout(resolve, REST_MS))
  const seconds = (cpu() - before) / TICKS_PER_SECOND
  const kibibytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1])
  return { percent: (seconds / (REST_MS / 1000)) * 100, megabytes: (kibibytes * 1024) / 1e6 }
}

/** From the start of the command to the first token through the endpoint. @param {(...args: string[]) => string} labos */
function firstTokenByLabos(labos) {
  const since = Date.now()
  const events = labos('up', 'smollm2', '--yes', '--json', '--port', '0')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const open = events.find(({ type, step }) => type === 'done' && step === 'endpoint')
  return new Date(open.at).getTime() - since + events.at(-1).result.proof.firstTokenMs
}

/** The same engine, started and asked by hand. @param {string} cache */
async function firstTokenByHand(cache) {
  const engine = join(cache, 'engines', readdirSync(join(cache, 'engines'))[0] ?? '')
  const weights = join(cache, 'models', readdirSync(join(cache, 'models')).find((file) => file.endsWith('.gguf')) ?? '')
  const since = Date.now()
  const args = [
    '--model',
    weights,
    '--alias',
    'smollm2',
    '--port',
    '48484',
    '--context',
    '8192',
    '--parallel',
    '4',
    '--threads',
    '1',
  ]
  const child = spawn(join(engine, 'venv/bin/python'), ['-I', join(engine, 'llama_server.py'), ...args], {
    env: { ...process.env, LABOS_ENGINE_KEY: 'key' },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const base = 'http://127.0.0.1:48484'
  try {
    for (let tries = 0; tries < 3000; tries += 1) {
      if ((await fetch(`${base}/health`).catch(() => undefined))?.status === 200) break
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'Hi' }], max_tokens: 1, temperature: 0 })
    await (
      await fetch(`${base}/v1/chat/completions`, { method: 'POST', headers: { authorization: 'Bearer key' }, body })
    ).json()
    return Date.now() - since
  } finally {
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.stdin.end()
    await ended
  }
}

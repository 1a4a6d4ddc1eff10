/**
 * From user data to an engine that answers, on a real host that is booted again in the middle of each phase: vLLM itself, its
 * weights over the hub's own routes; then what ends it.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RENTED_HOME } from '../../src/bootstrap/lab-files.js'
import { MODEL, MODEL_REPO } from '../vllm/config.js'
import type { Guest } from './guest.js'
import { dataOf, labOn, leaseOf, type Mirrors, openMirrors, phase, phasesOf, said, until } from './machine-guest.js'
import { hostsUnavailable, regionSuite } from './suite.js'

const START_MS = 400_000
/** Bytes a second, and bytes. */
const SLOW = 4_000_000
const PART = 20_000_000

const { region } = regionSuite()
let guest: Guest
let mirrors: Mirrors

beforeAll(async () => {
  if (hostsUnavailable() !== undefined) return
  mirrors = await openMirrors(region())
  mirrors.index.bytesPerS = 5 * SLOW
  mirrors.hub.bytesPerS = SLOW
  guest = await region().boot({ userData: await dataOf(labOn(mirrors)) })
}, START_MS)
afterAll(async () => {
  if (hostsUnavailable() === undefined) await mirrors.close()
})

const ask = (body: object, key = '"$(cat /var/lib/labos/key)"'): Promise<string> =>
  said(
    guest,
    `curl -sS -m 60 -w '\\n%{http_code}' http://127.0.0.1:8000/v1/completions -H 'content-type: application/json' -H "authorization: Bearer "${key} -d '${JSON.stringify(body)}'`,
  )

async function reboot(): Promise<void> {
  const next = guest.boots + 1
  guest.reboot()
  await until('another boot', () => Promise.resolve(guest.boots === next ? true : undefined))
}

it('fetches engine and weights side by side, and says how far both are', async () => {
  const last = await until('a part of both', async () => {
    const lines = await phasesOf(guest)
    const [engine, weights] = ['engine', 'weights'].map((name) => lines.filter((line) => line.phase === name).at(-1))
    return (engine?.done ?? 0) > PART && (weights?.done ?? 0) > PART ? { engine, weights } : undefined
  })
  expect(last.weights).toMatchObject({ state: 'running', total: mirrors.bytes, stall: 0 })
  expect(last.weights?.rate).toBeGreaterThan(SLOW / 4)
  expect(last.engine).not.toHaveProperty('total')
  expect((await phasesOf(guest)).find(({ state }) => state === 'done')).toMatchObject({
    phase: 'driver',
    text: '1 x NVIDIA L40S, driver 580.95.05',
  })
})

it(
  'goes on with both after a reboot',
  async () => {
    await reboot()
    mirrors.index.bytesPerS = Infinity
    mirrors.hub.bytesPerS = Infinity
    await phase(guest, { phase: 'engine', state: 'done', boot: 2 }, START_MS)
    await phase(guest, { phase: 'weights', state: 'done', boot: 2 }, START_MS)
    expect(mirrors.hub.asked.some((line) => /safetensors bytes=[1-9]\d+-/.test(line))).toBe(true)
  },
  START_MS,
)

it(
  'serves after a reboot in the middle of the engine’s start, and asks the mirrors for nothing more',
  async () => {
    await phase(guest, { phase: 'serve', state: 'running', boot: 2 }, START_MS)
    await until('a start', async () =>
      (await guest.exec('systemctl is-active --quiet labos-engine')).exitCode === 0 ? true : undefined,
    )
    const key = await said(guest, `cat ${RENTED_HOME}/key`)
    const asked = mirrors.hub.asked.length + mirrors.index.asked.length
    await reboot()
    await phase(guest, { phase: 'serve', state: 'done', boot: 3 }, START_MS)
    const lines = await phasesOf(guest)
    const there = lines.filter(({ boot, text }) => boot === 3 && text === 'was there')
    expect(there.map((line) => line.phase).sort()).toEqual(['engine', 'weights'])
    expect(lines.filter(({ state }) => state === 'failed')).toEqual([])
    expect(await said(guest, `cat ${RENTED_HOME}/key`)).toBe(key)
    expect(mirrors.hub.asked.length + mirrors.index.asked.length).toBe(asked)
  },
  START_MS,
)

it('answers who has the key, which is in no argument and no environment that others see', async () => {
  const answer = await ask({ model: MODEL, prompt: 'def add', max_tokens: 4 })
  expect(answer).toMatch(/"text":[\s\S]*\n200$/)
  expect(await ask({ model: MODEL, prompt: 'x', max_tokens: 1 }, 'wrong')).toMatch(/\n401$/)
  const secret = await said(guest, `cat ${RENTED_HOME}/key`)
  expect(await said(guest, 'ps -eo args')).not.toContain(secret)
  expect(
    await said(guest, 'cloud-init query userdata; cat /var/lib/labos/phases.ndjson; journalctl --no-pager'),
  ).not.toContain(secret)
  expect(await said(guest, `stat -c '%a %U' ${RENTED_HOME}/key ${RENTED_HOME}/engine.env`)).toBe('600 root\n600 root')
})

it('keeps what is big on the fast disk, and nothing in the homes of users', async () => {
  expect(await said(guest, `readlink ${RENTED_HOME}/disk`)).toBe('/opt/dlami/nvme/labos')
  expect(await said(guest, 'ls -A ~root/.cache /home/ubuntu/.cache 2>/dev/null; :')).toBe('')
  const folder = MODEL_REPO.replace('/', '--')
  expect(await said(guest, `ls /opt/dlami/nvme/labos/hf/hub/models--${folder}/snapshots`)).toBe(mirrors.commit)
})

it('has its lease know that it serves, and when it was asked something', async () => {
  const before = await leaseOf(guest)
  expect(before).toMatchObject({ armed: true, served: true, boot_deadline: null, ends_by: 'idle' })
  await said(guest, `echo 300 >${RENTED_HOME}/clock-offset`)
  expect((await leaseOf(guest)).idle_since).toBe(before.idle_since)
  await ask({ model: MODEL, prompt: 'def add', max_tokens: 4 })
  const after = await leaseOf(guest)
  expect((after.idle_since ?? 0) - (before.idle_since ?? 0)).toBeGreaterThan(200)
  await said(guest, `rm ${RENTED_HOME}/clock-offset`)
})

it(
  'starts the engine again when it dies',
  async () => {
    await said(guest, 'systemctl kill --signal=KILL labos-engine.service')
    await until('an engine that is gone', async () =>
      (await guest.exec('curl -sf -m 2 http://127.0.0.1:8000/health')).exitCode === 0 ? undefined : true,
    )
    await until(
      'an engine that answers again',
      async () => ((await guest.exec('curl -sf -m 2 http://127.0.0.1:8000/health')).exitCode === 0 ? true : undefined),
      START_MS,
    )
    expect(await said(guest, 'systemctl show -p NRestarts --value labos-engine.service')).not.toBe('0')
  },
  START_MS,
)

it(
  'serves shorter requests when it is told to, now and after',
  async () => {
    await said(guest, `sh ${RENTED_HOME}/bin/serve.sh set-context 1024`)
    await phase(guest, { phase: 'serve', state: 'done', boot: 4 }, START_MS)
    const models = await said(
      guest,
      `curl -sf http://127.0.0.1:8000/v1/models -H "authorization: Bearer $(cat ${RENTED_HOME}/key)"`,
    )
    expect(models).toContain('"max_model_len":1024')
  },
  START_MS,
)

it(
  'says by name that the engine does not know an option, with its own words',
  async () => {
    await said(
      guest,
      `echo 'no-such-flag: true' >>${RENTED_HOME}/config/g6e.xlarge.yaml; systemctl restart --no-block labos-bootstrap`,
    )
    const failed = await phase(guest, { phase: 'serve', state: 'failed', boot: 5 }, START_MS)
    expect(failed).toMatchObject({ cause: 'engine.config', text: expect.stringContaining('--no-such-flag') as string })
    await until('an engine that is left alone', async () =>
      (await guest.exec('systemctl is-active --quiet labos-engine')).exitCode === 3 ? true : undefined,
    )
  },
  START_MS,
)

/** The lease of a rented machine on real systemd: armed first of all, and the end of the machine in each of its ways. */
import { gunzipSync } from 'node:zlib'
import { beforeAll, expect, it } from 'vitest'
import { RENTED_HOME } from '../../src/bootstrap/lab-files.js'
import type { Guest } from './guest.js'
import { dataOf, isOff, laterBy, leaseOf, said, until } from './machine-guest.js'
import { hostsUnavailable, regionSuite } from './suite.js'

const HOUR_S = 3600

const { region } = regionSuite()
let guest: Guest
let expiresAt: string | undefined

beforeAll(async () => {
  if (hostsUnavailable() !== undefined) return
  const lease = { ttlMs: 4 * HOUR_S * 1000, bootMs: HOUR_S * 1000, idleMs: (HOUR_S / 2) * 1000 }
  const data = gunzipSync(await dataOf({ labId: 'lab-1', provider: 'aws', lease })).toString()
  guest = await region().boot({
    // What fails later must not matter.
    userData: `${data}runcmd: [[/bin/false], [no-such-program]]\n`,
    tags: () => Promise.resolve(expiresAt === undefined ? undefined : { 'labos:expires-at': expiresAt }),
  })
})

/** What answers on the engine's port, with those counters. */
const ENGINE = `import http.server, sys
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        if self.path == "/metrics": self.wfile.write(open("/run/counters", "rb").read())
http.server.HTTPServer(("127.0.0.1", 8000), Answers).serve_forever()
`

const count = (running: number, tokens: number): Promise<string> =>
  said(
    guest,
    `cat >/run/counters <<'END'\nvllm:num_requests_running{model_name="a b"} ${String(running)}.0\nvllm:generation_tokens_total{model_name="a b"} ${String(tokens)}.0\nEND`,
  )

it('is armed before anything else of the boot is done, with nothing but systemd', async () => {
  await until('an armed lease', async () => ((await leaseOf(guest)).armed ? true : undefined))
  const { boot_deadline: boot, deadline, t, ends_by: by, served } = await leaseOf(guest)
  expect({ by, served }).toEqual({ by: 'boot', served: false })
  expect(Math.abs((boot ?? 0) - t - HOUR_S)).toBeLessThan(60)
  expect(Math.abs((deadline ?? 0) - t - 4 * HOUR_S)).toBeLessThan(60)
  const timers = await said(guest, 'systemctl list-timers --all --no-legend "labos-*"')
  expect(timers).toMatch(/labos-end\.service/)
  expect(timers).toMatch(/labos-lease\.service/)
  await guest.ready().catch(() => undefined)
  expect((await leaseOf(guest)).armed).toBe(true)
})

it('follows the tag, by itself, while the network is gone', async () => {
  await guest.cut()
  expiresAt = new Date(Date.now() + 7 * HOUR_S * 1000).toISOString()
  const file = `${RENTED_HOME}/lease.json`
  await until('the new deadline', async () => {
    const { deadline, t } = JSON.parse(await said(guest, `cat ${file}`)) as { deadline: number; t: number }
    return deadline - t > 6 * HOUR_S ? true : undefined
  })
  await guest.restore()
})

it('is no longer bound to serve by a time once the engine has answered', async () => {
  await said(guest, `echo 'port: 8000' >${RENTED_HOME}/vllm.yaml; cat >/run/engine.py <<'END'\n${ENGINE}END`)
  await count(0, 5)
  await said(guest, 'systemd-run --quiet --unit=test-engine python3 /run/engine.py')
  await until('served', async () => ((await leaseOf(guest)).served ? true : undefined))
  expect(await leaseOf(guest)).toMatchObject({ boot_deadline: null, ends_by: 'idle', armed: true })
})

it('is not idle while the engine is asked something, by its counters', async () => {
  await count(1, 5)
  const before = await leaseOf(guest)
  await said(guest, `echo 600 >${RENTED_HOME}/clock-offset`)
  await count(0, 9)
  const after = await leaseOf(guest)
  expect((after.idle_since ?? 0) - (before.idle_since ?? 0)).toBeGreaterThan(500)
  await said(guest, `echo 1200 >${RENTED_HOME}/clock-offset`)
  expect((await leaseOf(guest)).idle_since).toBe(after.idle_since)
})

it('ends when nobody asked it anything, the engine dead meanwhile', async () => {
  await said(guest, 'systemctl kill --signal=KILL test-engine.service')
  await laterBy(guest, 1200 + HOUR_S / 2)
  await isOff(guest)
  expect(await guest.console()).toMatch(/Powering off\.|Reached target.*power-?off/i)
})

it('is armed at a later boot too, cloud-init or not', async () => {
  expiresAt = undefined
  await guest.start()
  await until('systemd', async () =>
    (await guest.exec('systemctl is-active basic.target')).exitCode === 0 ? true : undefined,
  )
  await said(guest, `touch /etc/cloud/cloud-init.disabled; rm ${RENTED_HOME}/clock-offset`)
  guest.reboot()
  await until('another boot', () => Promise.resolve(guest.boots === 3 ? true : undefined))
  const lease = await until('an armed lease', async () => {
    const found = await leaseOf(guest)
    return found.armed ? found : undefined
  })
  expect(lease).toMatchObject({ served: false, ends_by: 'boot' })
})

it('ends when it does not serve in time, whatever became of the notes', async () => {
  await said(guest, `echo '{"t":' >${RENTED_HOME}/lease.json; echo x >${RENTED_HOME}/phases.ndjson`)
  await laterBy(guest, HOUR_S + 60)
  await isOff(guest)
})

it('ends at its deadline', async () => {
  await guest.start()
  await until('an armed lease', async () => ((await leaseOf(guest)).armed ? true : undefined))
  await said(guest, `rm ${RENTED_HOME}/clock-offset`) // of the test before
  expiresAt = new Date(Date.now() + 600_000).toISOString()
  expect(await leaseOf(guest)).toMatchObject({ ends_by: 'deadline', armed: true })
  await laterBy(guest, 596)
  await isOff(guest)
})

it('for a `labos run` goes on while that says that it is there, and ends a while after', async () => {
  expiresAt = new Date(Date.now() + 4 * HOUR_S * 1000).toISOString()
  await guest.start()
  await until('the new deadline', async () => ((await leaseOf(guest)).ends_by === 'boot' ? true : undefined))
  await said(guest, `echo "LABOS_UNHEARD_S='900'" >>${RENTED_HOME}/lab.env; rm -f ${RENTED_HOME}/clock-offset`)
  await said(guest, `echo 600 >${RENTED_HOME}/clock-offset; sh ${RENTED_HOME}/bin/lease.sh heard`)
  await said(guest, `echo 1400 >${RENTED_HOME}/clock-offset`)
  expect(await leaseOf(guest)).toMatchObject({ unheard_limit: 900, ends_by: 'boot' })
  expect((await guest.exec('systemctl is-active labos-end.service')).stdout.trim()).toBe('inactive')
  await laterBy(guest, 1500)
  await isOff(guest)
})

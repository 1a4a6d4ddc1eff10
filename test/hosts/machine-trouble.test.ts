/** What goes wrong while a machine makes itself ready, each by its name, and what goes on from where it was. */
import type { RequestListener } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RENTED_HOME } from '../../src/bootstrap/lab-files.js'
import { TEST_ENGINE_VERSION } from '../engine/engine-index.js'
import { MODEL_REPO } from '../vllm/config.js'
import { gpuFailure, gpuFile } from './gpu.js'
import type { Guest } from './guest.js'
import { dataOf, labOn, type Mirrors, openMirrors, phase, phasesOf, said, until } from './machine-guest.js'
import { hostsUnavailable, regionSuite } from './suite.js'
import { stubEngine, withFiles } from './stub-engine.js'

const NVME = '/opt/dlami/nvme'
const DATA = `${NVME}/labos`
const SLOW = 8_000_000
const PART = 15_000_000

const { region } = regionSuite()
const access = { tokens: ['hf_in'], gated: {} as Record<string, string[]> }
let guest: Guest
let mirrors: Mirrors
let isDamaged = false
let boot = 1

beforeAll(async () => {
  if (hostsUnavailable() !== undefined) return
  mirrors = await openMirrors(region(), access, damaging)
  mirrors.hub.bytesPerS = SLOW
  const data = gunzipSync(await dataOf(labOn(mirrors), "LABOS_STALL_S='4'\n")).toString()
  guest = await region().boot({ userData: withFiles(data, stubEngine(DATA, TEST_ENGINE_VERSION)) })
})
afterAll(async () => {
  if (hostsUnavailable() === undefined) await mirrors.close()
})

/** Files of weights as a mirror that is broken sends them: as long as they should be, and nothing in them. */
const damaging =
  (real: RequestListener): RequestListener =>
  (request, response) => {
    if (isDamaged && request.method === 'GET' && /\.safetensors$/.test(request.url ?? '')) {
      const write = response.write.bind(response)
      response.write = ((chunk: Buffer) => write(Buffer.alloc(chunk.length))) as typeof response.write
    }
    real(request, response)
  }

/** Another run of the bootstrap, with settings of the lab changed. */
async function again(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `LABOS_${name}='${value}'`)
  boot += 1
  await said(
    guest,
    `systemctl stop labos-bootstrap labos-engine; cp -n ${RENTED_HOME}/lab.env /srv/lab.env
     { cat /srv/lab.env; echo "${lines.join('\n')}"; } >${RENTED_HOME}/lab.env
     systemctl start --no-block labos-bootstrap`,
  )
}

const forgetWeights = (): Promise<string> => said(guest, `rm -rf ${DATA}/hf ${DATA}/weights.list`)

const moved = (bytes: number): Promise<true> =>
  until(`${String(bytes)} bytes of weights`, async () => {
    const lines = (await phasesOf(guest)).filter((line) => line.boot === boot && line.phase === 'weights')
    return (lines.at(-1)?.done ?? 0) >= bytes ? true : undefined
  })

it('goes on with the weights where a reboot cut them off', async () => {
  await moved(PART)
  const before = mirrors.hub.sentBytes
  guest.reboot()
  boot = 2
  await until('another boot', () => Promise.resolve(guest.boots === 2 ? true : undefined))
  await phase(guest, { phase: 'serve', state: 'done', boot })
  expect(before).toBeGreaterThan(PART)
  expect(mirrors.hub.sentBytes).toBeLessThan(mirrors.bytes * 1.15)
  const ranges = mirrors.hub.asked.filter((line) => /^GET .*safetensors bytes=[1-9]\d+-/.test(line))
  expect(ranges.length).toBeGreaterThan(0)
})

it('starts a download again that stands still, and goes on with it', async () => {
  await forgetWeights()
  await again()
  await moved(PART)
  mirrors.hub.stallAfter(1)
  const waiting = await phase(guest, { phase: 'weights', state: 'waiting', boot })
  expect(waiting.text).toBe('again after: no byte for 4 s')
  const sent = mirrors.hub.sentBytes
  mirrors.hub.resume()
  await phase(guest, { phase: 'serve', state: 'done', boot })
  expect(mirrors.hub.sentBytes - sent).toBeLessThan(mirrors.bytes - PART / 2)
  const stalls = (await phasesOf(guest)).filter((line) => line.boot === boot).map(({ stall = 0 }) => stall)
  expect(Math.max(...stalls)).toBeLessThan(10)
})

it('bears a network that is gone for a while', async () => {
  await forgetWeights()
  await again()
  await moved(PART)
  await guest.cut()
  await phase(guest, { phase: 'weights', state: 'waiting', boot })
  await guest.restore()
  mirrors.hub.bytesPerS = Infinity
  await phase(guest, { phase: 'serve', state: 'done', boot })
})

it('says that a model is gated, and waits for the token where one is to come', async () => {
  access.gated[MODEL_REPO] = ['hf_in']
  await forgetWeights()
  await again()
  expect(await phase(guest, { phase: 'weights', state: 'failed', boot })).toMatchObject({ cause: 'weights.gated' })
  await again({ WANTS_TOKEN: 'yes' })
  await phase(guest, { phase: 'weights', state: 'waiting', boot })
  await said(guest, `umask 077; echo hf_in >${RENTED_HOME}/hf-token`)
  await phase(guest, { phase: 'weights', state: 'done', boot })
  expect(await said(guest, `journalctl --no-pager -u labos-bootstrap; cat ${RENTED_HOME}/phases.ndjson`)).not.toContain(
    'hf_in',
  )
  access.gated = {}
  await said(guest, `rm ${RENTED_HOME}/hf-token`)
})

it.each([
  ['a repository that the hub does not have', { REPO: 'no/such' }, 'weights', 'weights.unknown'],
  ['a commit that it does not have', { REVISION: '0'.repeat(40) }, 'weights', 'weights.unknown'],
  ['weights that fit on no disk', { WEIGHTS_BYTES: '999000000000000' }, 'weights', 'disk.short'],
  ['a version of the engine that nobody has', { ENGINE_VERSION: '9.9.9' }, 'engine', 'engine.install'],
] as const)('says by name: %s', async (_, settings, name, cause) => {
  await forgetWeights()
  await again(settings)
  expect(await phase(guest, { phase: name, state: 'failed', boot })).toMatchObject({ cause })
})

it('tries damaged weights once more, and then says so', async () => {
  await forgetWeights()
  isDamaged = true
  await again()
  const failed = await phase(guest, { phase: 'weights', state: 'failed', boot })
  expect(failed).toMatchObject({
    cause: 'weights.damaged',
    text: expect.stringContaining('no header of safetensors') as string,
  })
  isDamaged = false
  await again()
  await phase(guest, { phase: 'weights', state: 'done', boot })
})

it('says that the disk is full when that happens on the way', async () => {
  await said(
    guest,
    `systemctl stop labos-bootstrap labos-engine; cp -a ${DATA} /srv/data; mount -t tmpfs -o size=60g none ${NVME}`,
  )
  await said(guest, `cp -a /srv/data ${DATA}`)
  await forgetWeights()
  mirrors.hub.bytesPerS = SLOW
  await again()
  await moved(PART)
  // More may come between the look and the limit.
  const limit = `mount -o remount,size=$(($(du -sm ${NVME} | cut -f 1) + 5))m ${NVME}`
  await said(guest, `for _ in $(seq 50); do ${limit} 2>/dev/null && exit 0; sleep 0.1; done; ${limit}`)
  const failed = await phase(guest, { phase: 'weights', state: 'failed', boot })
  expect(failed).toMatchObject({ cause: 'disk.short', text: expect.stringContaining('No space left') as string })
  await said(guest, `umount ${NVME}`)
  mirrors.hub.bytesPerS = Infinity
})

it('does not start an engine again that ends before it ever answered', async () => {
  await again()
  await phase(guest, { phase: 'serve', state: 'done', boot })
  const vllm = `${RENTED_HOME}/engine/bin/vllm`
  const broken =
    '#!/bin/sh\necho INFO starts; echo "ValueError: no room"; echo "RuntimeError: Engine core initialization failed"; exit 1\n'
  await said(guest, `cp ${vllm} /srv/vllm; cat >${vllm} <<'END'\n${broken}END`)
  await again()
  const failed = await phase(guest, { phase: 'serve', state: 'failed', boot })
  expect(failed).toMatchObject({ cause: 'engine.exit', text: 'ValueError: no room' })
  await until('an engine that is left alone', async () =>
    (await said(guest, 'systemctl show -p ActiveState --value labos-engine')) === 'inactive' ? true : undefined,
  )
  await said(guest, `cp /srv/vllm ${vllm}`)
})

it('gives an engine up that dies again and again', async () => {
  await again()
  await phase(guest, { phase: 'serve', state: 'done', boot })
  await until('an end of it', async () => {
    await guest.exec('systemctl kill --signal=KILL labos-engine')
    return (await said(guest, 'systemctl is-active labos-engine; :')) === 'failed' ? true : undefined
  })
  expect(await said(guest, 'systemctl show -p Result --value labos-engine')).toBe('signal')
})

it.each([
  ['no driver', gpuFailure(9, 'NVIDIA-SMI has failed because it could not communicate'), 'driver.missing'],
  ['an old driver', gpuFile({ count: 1, memoryMiB: 46_068, name: 'NVIDIA L40S', driver: '535.216.01' }), 'driver.old'],
  ['a smaller GPU', gpuFile({ count: 1, memoryMiB: 23_034, name: 'NVIDIA L4' }), 'driver.memory'],
] as const)('says that the machine has %s, and stops the downloads', async (_, gpu, cause) => {
  await forgetWeights()
  mirrors.hub.bytesPerS = SLOW
  await said(guest, `cp -n /etc/labos-test/gpu /srv/gpu; cat >/etc/labos-test/gpu <<'END'\n${gpu}END`)
  await again()
  expect(await phase(guest, { phase: 'driver', state: 'failed', boot })).toMatchObject({ cause })
  await until('an end of the bootstrap', async () =>
    (await said(guest, 'systemctl is-active labos-bootstrap; :')) === 'failed' ? true : undefined,
  )
  expect(await said(guest, 'ps -eo args | grep -c [h]ub.py; :')).toBe('0')
  await said(guest, 'cp /srv/gpu /etc/labos-test/gpu')
})

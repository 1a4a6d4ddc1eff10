/** A machine that is booted again in the middle of what it does, with all of it real: it goes on, and serves in the end. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { RENTED_HOME } from '../../src/bootstrap/lab-files.js'
import type { Guest } from './guest.js'
import { dataOf, labOn, type Mirrors, openMirrors, phase, phasesOf, said, until } from './machine-guest.js'
import { hostsUnavailable, regionSuite } from './suite.js'

const LONG_MS = 400_000
const PART = 20_000_000

const { region } = regionSuite()
let guest: Guest
let mirrors: Mirrors

beforeAll(async () => {
  if (hostsUnavailable() !== undefined) return
  mirrors = await openMirrors(region())
  mirrors.index.bytesPerS = 20_000_000
  mirrors.hub.bytesPerS = 4_000_000
  guest = await region().boot({ userData: await dataOf(labOn(mirrors)) })
}, LONG_MS)
afterAll(() => mirrors?.close())

async function reboot(): Promise<void> {
  const next = guest.boots + 1
  guest.reboot()
  await until('another boot', () => Promise.resolve(guest.boots === next ? true : undefined))
}

it(
  'goes on with engine and weights after a reboot in the middle of both',
  async () => {
    await until('a part of both', async () => {
      const lines = await phasesOf(guest)
      const done = (name: string): number => lines.filter((line) => line.phase === name).at(-1)?.done ?? 0
      return done('engine') > PART && done('weights') > PART ? true : undefined
    })
    await reboot()
    mirrors.index.bytesPerS = Infinity
    mirrors.hub.bytesPerS = Infinity
    await phase(guest, { phase: 'engine', state: 'done', boot: 2 }, LONG_MS)
    await phase(guest, { phase: 'weights', state: 'done', boot: 2 }, LONG_MS)
    expect(mirrors.hub.asked.some((line) => /safetensors bytes=[1-9]\d+-/.test(line))).toBe(true)
  },
  LONG_MS,
)

it(
  'serves after a reboot in the middle of the engine’s start',
  async () => {
    await phase(guest, { phase: 'serve', state: 'running', boot: 2 }, LONG_MS)
    await until('a start', async () =>
      (await guest.exec('systemctl is-active --quiet labos-engine')).exitCode === 0 ? true : undefined,
    )
    await reboot()
    await phase(guest, { phase: 'serve', state: 'done', boot: 3 }, LONG_MS)
    expect(await said(guest, 'curl -s -o /dev/null -w "%{http_code}" http://127.0.0.1:8000/health')).toBe('200')
    const failed = (await phasesOf(guest)).filter(({ state }) => state === 'failed')
    expect(failed).toEqual([])
  },
  LONG_MS,
)

it(
  'makes again what a stop takes away with the fast disk',
  async () => {
    await guest.powerOff()
    await guest.start()
    await phase(guest, { phase: 'serve', state: 'done', boot: 4 }, LONG_MS)
    expect(await said(guest, `ls ${RENTED_HOME}/disk/`)).toContain('weights.list')
  },
  LONG_MS,
)

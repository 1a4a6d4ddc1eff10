/** The lease of a rented machine on real systemd: armed first of all, and the end of the machine in each of its ways. */
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { labFiles } from '../../src/bootstrap/lab-files.js'
import { machineScripts } from '../../src/bootstrap/machine-scripts.js'
import { userData } from '../../src/bootstrap/user-data.js'
import { type MachineLease, readMachineLease } from '../../src/lease/machine-lease.js'
import type { Guest } from './guest.js'
import { hostsUnavailable, regionSuite } from './suite.js'

const HOUR_MS = 3_600_000
const WITHIN_MS = 60_000
const HOME = '/var/lib/labos'

const { region } = regionSuite()
let guest: Guest
let tag: string | undefined

beforeAll(async () => {
  if (hostsUnavailable() !== undefined) return
  const scripts = await machineScripts(resolve(import.meta.dirname, '../../templates'))
  const lease = { ttlMs: 4 * HOUR_MS, bootMs: HOUR_MS, idleMs: HOUR_MS / 2 }
  const files = labFiles({ labId: 'lab-1', provider: 'aws', lease })
  guest = await region().boot({
    // Later parts of the user data that fail must not matter.
    userData: `${Buffer.from(cloudText(scripts, files)).toString()}\nruncmd: [[/bin/false], [no-such-program]]\n`,
    tags: () => Promise.resolve(tag === undefined ? undefined : { 'labos:expires-at': tag }),
  })
})

function cloudText(scripts: ReadonlyMap<string, string>, files: ReadonlyMap<string, string>): string {
  return gunzip(userData({ scripts, files, isLaboratory: false }))
}

async function shown(): Promise<MachineLease> {
  const { stdout, stderr } = await guest.exec(`sh ${HOME}/bin/lease.sh show`)
  const lease = readMachineLease(stdout)
  if (!lease) throw new Error(`no lease: ${stdout}${stderr}`)
  return lease
}

/** Seconds from now on, by the machine's own clock. */
const left = (lease: MachineLease, end: number | null): number => (end ?? NaN) - lease.at

const around = (seconds: number): unknown => expect.closeTo(seconds, -2)

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let waitedMs = 0; waitedMs < WITHIN_MS; waitedMs += 200) {
    const found = await look().catch(() => undefined)
    if (found !== undefined) return found
    await sleep(200)
  }
  throw new Error(`not within ${String(WITHIN_MS / 1000)} s: ${what}`)
}

/** What the tests of a machine's scripts ask of a guest. */
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { machineScripts } from '../../src/bootstrap/machine-scripts.js'
import { labFiles, type LabWish, RENTED_HOME } from '../../src/bootstrap/lab-files.js'
import { userData } from '../../src/bootstrap/user-data.js'
import type { LeaseFile } from '../fakes/machine-world.js'
import type { Guest } from './guest.js'

const WITHIN_MS = 120_000
const EVERY_MS = 200

/** User data of a lab, as labos makes it. */
export async function dataOf(lab: LabWish): Promise<Buffer> {
  const scripts = await machineScripts(resolve(import.meta.dirname, '../../templates'))
  return Buffer.from(userData({ scripts, files: labFiles(lab), isLaboratory: lab.laboratory !== undefined }))
}

/** Resolves to what `look` finds; an attempt that fails finds nothing. Rejects after two minutes. */
export async function until<T>(what: string, look: () => Promise<T | undefined>, withinMs = WITHIN_MS): Promise<T> {
  const end = performance.now() + withinMs
  let why: unknown
  while (performance.now() < end) {
    try {
      const found = await look()
      if (found !== undefined) return found
    } catch (error) {
      why = error
    }
    await sleep(EVERY_MS)
  }
  throw new Error(`not within ${String(withinMs / 1000)} s: ${what}`, { cause: why })
}

/** What a script says; rejects where it fails. */
export async function said(guest: Guest, script: string): Promise<string> {
  const { exitCode, stdout, stderr } = await guest.exec(script)
  if (exitCode === 0) return stdout.trim()
  throw new Error(`${script} ends with ${String(exitCode)}: ${stderr}${stdout}`)
}

/** What `lease.sh show` prints there. */
export const leaseOf = async (guest: Guest): Promise<LeaseFile> =>
  JSON.parse(await said(guest, `sh ${RENTED_HOME}/bin/lease.sh show`)) as LeaseFile

/** Moves the clock that the scripts read, and has the lease look; by systemd, for no program of ours may be in there at the end. */
export async function laterBy(guest: Guest, seconds: number): Promise<void> {
  await said(
    guest,
    `echo ${String(seconds)} >${RENTED_HOME}/clock-offset; systemctl start --no-block labos-lease.service`,
  )
}

/** Resolves when the machine is off by itself. */
export async function isOff(guest: Guest): Promise<void> {
  await Promise.race([guest.off, sleep(WITHIN_MS).then(() => Promise.reject(new Error('it is not off')))])
}

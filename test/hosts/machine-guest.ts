/** What the tests of a machine's scripts ask of a guest. */
import type { RequestListener } from 'node:http'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { machineScripts } from '../../src/bootstrap/machine-scripts.js'
import { labFiles, type Laboratory, type LabWish, RENTED_HOME } from '../../src/bootstrap/lab-files.js'
import { userData } from '../../src/bootstrap/user-data.js'
import { DRIVER_MIN } from '../../src/plan/rent/engine-config.js'
import { engineIndex, TEST_ENGINE_VERSION } from '../engine/engine-index.js'
import { hubTree } from '../engine/hub-tree.js'
import type { PhaseLine } from '../fakes/machine-lab.js'
import type { LeaseFile } from '../fakes/machine-world.js'
import { MODEL_REPO, modelCommit, vllmConfig } from '../vllm/config.js'
import type { Guest } from './guest.js'
import { readHub } from './hub-tree.js'
import { type HubAccess, hubListener } from './mirror-hub.js'
import { indexListener } from './mirror-index.js'
import { type Mirror, startMirror } from './mirror.js'
import type { Region } from './region.js'

/** Less than a test may take: what was waited for is said. */
const WITHIN_MS = 110_000
const EVERY_MS = 200

/** User data of a lab, as labos makes it; `settings` are lines that `lab.env` gets besides. */
export async function dataOf(lab: LabWish, settings = ''): Promise<Buffer> {
  const scripts = await machineScripts(resolve(import.meta.dirname, '../../templates'))
  const files = new Map(labFiles(lab))
  files.set('lab.env', `${files.get('lab.env') ?? ''}${settings}`)
  return Buffer.from(userData({ scripts, files, isLaboratory: lab.laboratory !== undefined }))
}

export interface Mirrors {
  readonly index: Mirror
  readonly hub: Mirror
  /** Of the model that the hub has. */
  readonly commit: string
  /** That a machine fetches of it. */
  readonly bytes: number
  close(): Promise<void>
}

/** What a machine downloads, on this side of its network; `around` may change what the hub answers. */
export async function openMirrors(
  region: Region,
  access: HubAccess = { tokens: [], gated: {} },
  around = (listener: RequestListener): RequestListener => listener,
): Promise<Mirrors> {
  const [folder, tree] = [await engineIndex(), await hubTree()]
  const repos = await readHub(tree)
  const index = await startMirror(region.caller, indexListener(folder))
  const hub = await startMirror(region.caller, around(hubListener(tree, repos, { access })))
  const close = async (): Promise<void> => {
    await Promise.all([index.close(), hub.close()])
  }
  const files = repos.find(({ repo }) => repo === MODEL_REPO)?.files.filter(({ path }) => !path.endsWith('.md')) ?? []
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return { index, hub, commit: modelCommit(repos), bytes, close }
}

/** A lab on a g6e.xlarge that gets everything from those. */
export const labOn = ({ index, hub, commit, bytes }: Mirrors, more: Partial<Laboratory> = {}): LabWish => ({
  labId: 'lab-1',
  provider: 'aws',
  lease: { ttlMs: 14_400_000, bootMs: 3_600_000, idleMs: 1_800_000 },
  laboratory: {
    engineVersion: TEST_ENGINE_VERSION,
    driverMin: DRIVER_MIN,
    repo: MODEL_REPO,
    revision: commit,
    weightsBytes: bytes,
    wantsToken: false,
    machines: [{ type: 'g6e.xlarge', gpuCount: 1, gpuMemoryMiB: 45_776, config: vllmConfig(commit) }],
    packageIndex: `${index.url}/simple`,
    hub: hub.url,
    ...more,
  },
})

/** What the machine's phases have said so far. */
export async function phasesOf(guest: Guest): Promise<PhaseLine[]> {
  const { stdout } = await guest.exec(`cat ${RENTED_HOME}/phases.ndjson`)
  return stdout
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as PhaseLine)
}

/** The first line of that boot that is so; rejects when a phase fails that is not waited for. */
export function phase(guest: Guest, wish: Partial<PhaseLine>, withinMs?: number): Promise<PhaseLine> {
  let failed: PhaseLine | undefined
  return until(
    JSON.stringify(wish),
    async () => {
      if (failed) throw new Error(JSON.stringify(failed))
      const lines = await phasesOf(guest)
      const found = lines.find((line) =>
        Object.entries(wish).every(([key, value]) => line[key as keyof PhaseLine] === value),
      )
      if (found === undefined && wish.state !== 'failed')
        failed = lines.find(({ boot, state }) => state === 'failed' && boot === (wish.boot ?? boot))
      return found
    },
    withinMs,
  )
}

/** Resolves to what `look` finds; an attempt that fails finds nothing. Rejects after almost two minutes. */
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

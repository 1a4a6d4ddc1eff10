/** A run's own number: names and addresses carry it, so that runs on one computer do not meet. */
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Not below /tmp, which may be small and in memory; `sweep.sh` knows it too. */
const HOME = '/var/tmp/labos-hosts'
const RUNS = 256
/** Addresses of one run; what comes before is the router's. */
const FIRST = 10
const LAST = 254

export interface Street {
  /** Three digits. */
  readonly run: string
  /** Where the run keeps what it makes. */
  readonly folder: string
  /** This computer, as the guests see it. */
  readonly caller: string
  /** The router, as this computer and the guests see it. */
  readonly router: string
  /** All public addresses of the guests. */
  readonly block: string
  /** A public address that no guest of the run ever had. Throws when there is none left. */
  next(): string
}

/** Takes a number that nobody has; the folder says who has it. All in the block for benchmarks of RFC 2544. */
export async function takeStreet(): Promise<Street> {
  await mkdir(HOME, { recursive: true })
  const first = Math.floor(Math.random() * RUNS)
  for (let index = 0; index < RUNS; index += 1) {
    const number = (first + index) % RUNS
    const run = String(number).padStart(3, '0')
    const folder = join(HOME, run)
    if (await isTaken(folder)) return { run, folder, ...addresses(number) }
  }
  throw new Error(`all ${String(RUNS)} places below ${HOME} are taken`)
}

/** A folder that is not empty is never replaced by a rename: who is there first has it, and its owner is known at once. */
async function isTaken(folder: string): Promise<boolean> {
  const made = await mkdtemp(join(HOME, 'new-'))
  await writeFile(join(made, 'owner'), `${String(process.pid)} ${await startTime()}\n`)
  try {
    await rename(made, folder)
    return true
  } catch {
    await rm(made, { recursive: true })
    return false
  }
}

/** Of this process, in ticks since the boot: with it a pid is nobody else's. */
async function startTime(): Promise<string> {
  const stat = await readFile('/proc/self/stat', 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

function addresses(number: number): Omit<Street, 'run' | 'folder'> {
  const link = `198.18.${String(number)}`
  const street = `198.19.${String(number)}`
  let last = FIRST - 1
  return {
    caller: `${link}.1`,
    router: `${link}.2`,
    block: `${street}.0/24`,
    next: () => {
      if (last === LAST) throw new Error(`no address is left in ${street}.0/24`)
      last += 1
      return `${street}.${String(last)}`
    },
  }
}

/** How long a machine takes to make itself ready, and how long the parts of that take, for the benchmark. */
import { startRegion } from './region.js'
import { dataOf, labOn, openMirrors, phase, phasesOf } from './machine-guest.js'
import { installPackages, whyNoHosts } from './support.js'

export interface TimedBootstrap {
  /** Seconds from the bootstrap's first word to the engine's start. */
  readonly wallS: number
  /** Seconds of each part. */
  readonly parts: Readonly<Record<'driver' | 'engine' | 'weights', number>>
}

const LIMIT_MS = 600_000
const PARTS = ['driver', 'engine', 'weights'] as const

/** One machine, with what it downloads coming at so many bytes a second. Rejects where this computer can have no hosts. */
export async function timedBootstrap(indexBytesPerS: number, hubBytesPerS: number): Promise<TimedBootstrap> {
  await installPackages(() => undefined)
  const reason = await whyNoHosts()
  if (reason !== undefined) throw new Error(reason)
  const region = await startRegion()
  try {
    const mirrors = await openMirrors(region)
    mirrors.index.bytesPerS = indexBytesPerS
    mirrors.hub.bytesPerS = hubBytesPerS
    const guest = await region.boot({ userData: await dataOf(labOn(mirrors)) })
    const { t: ready } = await phase(guest, { phase: 'serve', state: 'running', boot: 1 }, LIMIT_MS)
    const lines = await phasesOf(guest)
    await mirrors.close()
    const first = (name: string): number => lines.find((line) => line.phase === name)?.t ?? NaN
    const done = (name: string): number => lines.find((line) => line.phase === name && line.state === 'done')?.t ?? NaN
    const [driver, engine, weights] = PARTS.map((name) => done(name) - first(name)) as [number, number, number]
    return { wallS: ready - Math.min(...PARTS.map(first)), parts: { driver, engine, weights } }
  } finally {
    await region.close()
  }
}

/** A region of real hosts on this computer: a network, a metadata service, and machines that boot in it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { factsOf, type GuestWish } from './facts.js'
import { bootGuest, type Guest } from './guest.js'
import { makeImage } from './image.js'
import { metadataServer } from './metadata.js'
import { makeNetwork } from './network.js'
import { run } from './shell.js'
import { type Street, takeStreet } from './street.js'

export interface Region {
  /** This computer as the guests see it: who asks them, and where servers for them have to listen. */
  readonly caller: string
  /** Where the region keeps what it makes. */
  readonly folder: string
  readonly guests: readonly Guest[]
  /** The one with that instance id, once it has begun to boot; rejects where it has not within a minute. */
  guest(instanceId: string): Promise<Guest>
  /** A public address that no machine ever had. */
  nextAddress(): string
  /** Resolves when the machine has begun to boot. */
  boot(wish?: GuestWish): Promise<Guest>
  /** Ends all machines, and removes all that the region made on this computer. */
  close(): Promise<void>
}

const BEGUN_MS = 60_000
const LOOK_EVERY_MS = 50
/** Below test/, from where scripts find it too. */
export const SWEEP = join(import.meta.dirname, '../../test/hosts/sweep.sh')

/** Removes what runs have left whose process lives no more. */
export async function sweepDead(): Promise<void> {
  await run(['sh', SWEEP, 'dead'])
}

/** Needs `makeImage` to work here. What it makes ends with this process, even with one that is killed. */
export async function startRegion(log: (line: string) => void = () => undefined): Promise<Region> {
  await sweepDead()
  const image = await makeImage(log)
  const street = await takeStreet()
  const endSweep = watched(street)
  try {
    return await opened(street, image, endSweep)
  } catch (error) {
    await endSweep()
    throw error
  }
}

async function opened(street: Street, image: string, endSweep: () => Promise<void>): Promise<Region> {
  const network = await makeNetwork(street)
  const guests: Guest[] = []
  const server = metadataServer((address) => guests.find((each) => each.state !== 'off' && each.address === address))
  server.listen(0, street.caller)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const refilter = (): Promise<void> =>
    network.filter({
      caller: street.caller,
      metadataPort: port,
      guests: guests.flatMap((guest) => guest.filtered() ?? []),
    })
  await refilter()
  let booted = 0
  const booting = new Set<Promise<Guest>>()
  return {
    caller: street.caller,
    folder: street.folder,
    guests,
    guest: (instanceId) => begun(guests, instanceId),
    nextAddress: street.next,
    boot: (wish = {}) => {
      booted += 1
      const deps = { street, network, image, refilter, enter: (guest: Guest) => void guests.push(guest) }
      const boot = bootGuest(`g${String(booted)}`, factsOf(wish, street.caller), deps)
      booting.add(boot)
      return boot
    },
    close: async () => {
      await Promise.allSettled(booting)
      await Promise.allSettled(guests.map((guest) => guest.kill()))
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await endSweep()
    },
  }
}

async function begun(guests: readonly Guest[], instanceId: string): Promise<Guest> {
  const lateMs = performance.now() + BEGUN_MS
  while (performance.now() < lateMs) {
    const found = guests.find(({ facts, boots }) => facts.instanceId === instanceId && boots > 0)
    if (found) return found
    await sleep(LOOK_EVERY_MS)
  }
  throw new Error(`no machine of ${instanceId} has begun to boot`)
}

/** A process that outlives this one, and removes what is left of the street when the pipe between them closes. */
function watched({ run: number }: Street): () => Promise<void> {
  const watcher = spawn('sh', [SWEEP, 'watch', number], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = once(watcher, 'exit')
  watcher.unref()
  return async () => {
    watcher.ref()
    watcher.stdin.end()
    await ended
  }
}

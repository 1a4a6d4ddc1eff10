/** One machine of a region: real systemd, cloud-init and sshd, from its first boot to its end. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GuestFacts } from './facts.js'
import type { FilteredGuest, IngressRule } from './filter.js'
import type { Network } from './network.js'
import { makePower, type Power } from './power.js'
import { type Ended, ended, type ProgramWish } from './shell.js'
import type { Street } from './street.js'

/** `halted`: it stands still, and EC2 would go on billing. */
export type GuestState = 'running' | 'halted' | 'off'

export interface Guest {
  readonly name: string
  readonly facts: GuestFacts
  /** The public one; another after each start. */
  readonly address: string
  readonly state: GuestState
  /** How often it was booted. */
  readonly boots: number
  /** Resolves when it is off, whoever switched it off; of the present run. */
  readonly off: Promise<void>
  /** Runs a script of sh in it as root, past the network. */
  exec(script: string, wish?: ProgramWish): Promise<Ended>
  /** All that it said on its console, over all boots. */
  console(): Promise<string>
  /** Resolves when cloud-init is done with this boot; rejects when the guest goes off before, or after two minutes. */
  ready(): Promise<void>
  allow(rules: readonly IngressRule[]): Promise<void>
  /** Nothing gets in or out, and nobody is told, until `restore`. */
  cut(): Promise<void>
  restore(): Promise<void>
  /** When EC2 will take it away, as its metadata says; undefined takes the notice back. */
  noticeSpotEnd(at: Date | undefined): void
  readonly spotEnd: Date | undefined
  /** Asks it to boot again, as Ctrl-Alt-Del would. */
  reboot(): void
  /** Asks it to go off, and cuts the power where it does not. Then it can be started again, or forgotten. */
  powerOff(): Promise<void>
  /** Cuts the power. */
  kill(): Promise<void>
  /** After `powerOff` or `kill`: the same disk, an empty disk of the machine's own, another address. */
  start(address?: string): Promise<void>
  filtered(): FilteredGuest | undefined
}

export interface GuestDeps {
  readonly street: Street
  readonly network: Network
  readonly image: string
  /** Has the router know of what changed. */
  refilter(): Promise<void>
  /** Has the region know of it, before it boots. */
  enter(guest: Guest): void
}

const READY_MS = 120_000
const LOOK_EVERY_MS = 100
const INSIDE = [
  ...['env', '-i', 'HOME=/root', 'LANG=C.UTF-8'],
  ...['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'sh', '-c'],
]

/** Resolves when it has begun to boot. Rejects where it cannot. */
export async function bootGuest(name: string, facts: GuestFacts, deps: GuestDeps): Promise<Guest> {
  const power = makePower(name, facts, deps)
  const filter = { ingress: facts.ingress, isCut: false }
  let spotEnd: Date | undefined
  const setFilter = (change: Partial<typeof filter>): Promise<void> => {
    Object.assign(filter, change)
    return deps.refilter()
  }
  const exec: Guest['exec'] = (script, wish) =>
    ended(['nsenter', '--target', String(power.leader()), '--all', ...INSIDE, script], wish)
  const guest: Guest = {
    name,
    facts,
    get address() {
      return power.now.address
    },
    get state() {
      return power.now.state
    },
    get boots() {
      return power.now.boots
    },
    get off() {
      return power.now.off
    },
    get spotEnd() {
      return spotEnd
    },
    exec,
    console: power.console,
    ready: () => readiness(power),
    allow: (ingress) => setFilter({ ingress }),
    cut: () => setFilter({ isCut: true }),
    restore: () => setFilter({ isCut: false }),
    noticeSpotEnd: (at) => (spotEnd = at),
    reboot: power.reboot,
    powerOff: power.off,
    kill: power.kill,
    start: power.on,
    filtered: () => {
      const { address, state } = power.now
      return state === 'off' ? undefined : { ...filter, address, isCut: filter.isCut || state === 'halted' }
    },
  }
  deps.enter(guest)
  await power.on(facts.address)
  return guest
}

/** A file of the boot's own: what is on the disk may be of an earlier one. */
async function readiness({ now, leader }: Power): Promise<void> {
  const late = performance.now() + READY_MS
  while (performance.now() < late) {
    if (now.state !== 'running') throw new Error('the guest went off before it was ready')
    if (existsSync(join('/proc', String(leader()), 'root', 'run/cloud-init/result.json'))) return
    await sleep(LOOK_EVERY_MS)
  }
  throw new Error('the guest is not ready after two minutes')
}

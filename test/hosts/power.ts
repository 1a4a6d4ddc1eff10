/** A guest's power: on, off, and what happens in between. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'
import { makeDisk } from './disk.js'
import type { GuestFacts } from './facts.js'
import { hasInstanceStore } from './gpu.js'
import type { GuestDeps, GuestState } from './guest.js'
import { makeGroups, type Powered, type PowerWish, powerOn } from './nspawn.js'

export interface Power {
  readonly now: Readonly<Now>
  /** The guest's process 1 as this computer numbers it. Throws where none runs. */
  leader(): number
  console(): Promise<string>
  /** On that public address, or on one of the region's choice. */
  on(address?: string): Promise<void>
  reboot(): void
  off(): Promise<void>
  kill(): Promise<void>
}

interface Now {
  address: string
  state: GuestState
  boots: number
  off: Promise<void>
  leader?: number | undefined
  /** It is not to boot again, whatever it wishes. */
  isEnding: boolean
  /** Takes the power from what has halted. */
  unplug: () => void
}

const POWER_OFF_MS = 15_000
const AGAIN_MS = 500
/** SIGRTMIN+4: systemd powers off. */
const POWER_OFF = 38
const WANTS_REBOOT = 133

export function makePower(name: string, facts: GuestFacts, deps: GuestDeps): Power {
  const { street, network, image, refilter } = deps
  const folder = join(street.folder, name)
  const log = join(folder, 'console')
  const hostname = `ip-${facts.privateAddress.replaceAll('.', '-')}`
  const disk = makeDisk(folder, image, facts, hostname)
  const now: Now = {
    address: '',
    state: 'off',
    boots: 0,
    off: Promise.resolve(),
    isEnding: false,
    unplug: () => undefined,
  }
  const boot = async (wish: PowerWish): Promise<Powered> => {
    const powered = await powerOn(wish)
    now.leader = powered.leader
    now.boots += 1
    return powered
  }
  const saidOnConsole = async (): Promise<string> => stripVTControlCharacters(await readFile(log, 'utf8'))

  /** From the first boot to the moment at which nothing of it runs. */
  const live = async (wish: PowerWish, first: Powered): Promise<void> => {
    let code = await first.ended
    while (code === WANTS_REBOOT && !now.isEnding) code = await (await boot(wish)).ended
    now.leader = undefined
    if (code === 0 && !now.isEnding && hasHalted(await saidOnConsole())) {
      const unplugged = new Promise<void>((resolve) => (now.unplug = resolve))
      now.state = 'halted'
      await refilter()
      await unplugged
    }
  }
  const leave = async (): Promise<void> => {
    now.leader = undefined
    now.state = 'off'
    await network.detach(name)
    await disk.unmount()
    await refilter()
  }
  const on = async (address = street.next()): Promise<void> => {
    await mkdir(folder, { recursive: true })
    Object.assign(now, { address, isEnding: false })
    const networkSpace = await network.attach(name, now.address)
    await disk.mount()
    now.state = 'running'
    await refilter()
    const binds = hasInstanceStore(facts.instanceType) ? { [disk.nvme]: '/opt/dlami/nvme' } : {}
    const groups = await makeGroups(street.run, name)
    const machine = `labos-${street.run}-${name}`
    const wish = { machine, hostname, root: disk.root, networkSpace, binds, groups, console: log }
    const first = await boot(wish)
    now.off = live(wish, first).finally(leave)
    now.off.catch(() => undefined) // whoever waits for it is told
  }
  const end = async (signal: number | 'SIGKILL'): Promise<void> => {
    now.isEnding = true
    now.unplug()
    const isOff = new AbortController()
    const ending = insist(signal, now, isOff.signal)
    await now.off.finally(() => isOff.abort())
    await ending
  }
  return {
    now,
    leader: () => {
      if (now.leader !== undefined) return now.leader
      throw new Error(`nothing runs in ${name}: it is ${now.state}`)
    },
    console: saidOnConsole,
    on,
    reboot: () => send(now.leader, 'SIGINT'),
    off: () => end(POWER_OFF),
    kill: () => end('SIGKILL'),
  }
}

/** What systemd says last: both ways end nspawn without an error. */
const hasHalted = (console: string): boolean =>
  console.lastIndexOf('Halting system.') > console.lastIndexOf('Powering off.')

/** Says it again, because a systemd that has only begun hears nothing; then cuts the power. */
async function insist(signal: number | 'SIGKILL', now: Now, isOff: AbortSignal): Promise<void> {
  const lateMs = performance.now() + POWER_OFF_MS
  while (!isOff.aborted) {
    send(now.leader, performance.now() < lateMs ? signal : 'SIGKILL')
    await sleep(AGAIN_MS, undefined, { signal: isOff }).catch(() => undefined)
  }
}

function send(pid: number | undefined, signal: number | NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(pid, signal)
  } catch {
    // it has just ended
  }
}

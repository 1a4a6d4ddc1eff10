/** systemd-nspawn: the machine of a guest, from one power-on to its end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface PowerWish {
  readonly machine: string
  readonly hostname: string
  readonly root: string
  readonly networkSpace: string
  /** This computer's folder to the guest's. */
  readonly binds: Readonly<Record<string, string>>
  /** Files that take its processes into their control groups. */
  readonly groups: readonly string[]
  /** Written on, never over. */
  readonly console: string
}

export interface Powered {
  /** The guest's process 1, as this computer numbers it. */
  readonly leader: number
  /** Resolves when it is off: 133 = to be started again, else 0 where the guest ended by itself. */
  readonly ended: Promise<number>
}

const LOOK_EVERY_MS = 20
const CGROUPS = '/sys/fs/cgroup'
/** What vLLM asks the kernel, and nspawn allows nobody. */
const SYSCALLS = 'get_mempolicy set_mempolicy mbind migrate_pages move_pages'

/** Resolves once there is a process 1. Rejects with what nspawn says where it cannot start. */
export async function powerOn(wish: PowerWish): Promise<Powered> {
  const output = await open(wish.console, 'a')
  // A session of its own: a Ctrl-C is not for the guests. Into the groups first, because systemd inside takes what it finds.
  const join = wish.groups.map((file) => `echo $$ >'${file}'`)
  const script = [...join, 'exec systemd-nspawn "$@"'].join('\n')
  const argv = ['-ec', script, 'sh', ...nspawnArgs(wish)]
  const child = spawn('sh', argv, { detached: true, stdio: ['ignore', output.fd, output.fd] })
  const ended = once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : 128))
  await output.close()
  return { leader: await leaderOf(child, wish.console), ended }
}

const nspawnArgs = ({ machine, hostname, root, networkSpace, binds }: PowerWish): string[] => [
  ...['--quiet', '--boot', `--directory=${root}`, `--machine=${machine}`, `--hostname=${hostname}`],
  ...[
    '--register=no',
    '--keep-unit',
    '--console=read-only',
    '--link-journal=no',
    '--timezone=off',
    '--resolv-conf=off',
  ],
  ...[`--network-namespace-path=/run/netns/${networkSpace}`, '--capability=CAP_NET_ADMIN'],
  `--system-call-filter=${SYSCALLS}`,
  ...Object.entries(binds).map(([here, there]) => `--bind=${here}:${there}`),
]

async function leaderOf(child: ChildProcess, console: string): Promise<number> {
  while (child.exitCode === null && child.signalCode === null) {
    const pid = String(child.pid)
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
    for (const each of children.split(' ').filter(Boolean)) if (await isInit(each)) return Number(each)
    await sleep(LOOK_EVERY_MS)
  }
  throw new Error(`a guest does not start: ${(await readFile(console, 'utf8')).slice(-2000)}`)
}

/** True from when the process runs the guest's own systemd: before that it takes no signals. */
async function isInit(pid: string): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return /^(?:\/usr)?\/(?:lib\/systemd\/systemd|sbin\/init)\0/.test(line)
}

/** In every hierarchy in which systemd keeps groups; resolves to the files that take a process in. */
export async function makeGroups(run: string, guest: string): Promise<string[]> {
  const tops = existsSync(join(CGROUPS, 'cgroup.procs'))
    ? [CGROUPS]
    : ['systemd', 'unified', 'memory', 'pids'].map((name) => join(CGROUPS, name)).filter((top) => existsSync(top))
  const folders = tops.map((top) => join(top, `labos-hosts-${run}`, guest))
  for (const folder of folders) await mkdir(folder, { recursive: true })
  return folders.map((folder) => join(folder, 'cgroup.procs'))
}

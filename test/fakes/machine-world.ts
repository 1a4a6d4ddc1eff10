/** A machine's scripts, run by sh with programs of the test in place of what they ask: systemd, the web, the clock. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { tempDir } from './temp-dir.js'

const SCRIPTS = resolve(import.meta.dirname, '../../templates/machine')

export interface MachineWorld {
  /** Everything below it is the machine's: its root folder. */
  readonly root: string
  /** The lab's folder. */
  readonly home: string
  /** Writes `lab.env`. */
  settings(values: Readonly<Record<string, string | number>>): void
  /** Runs a script of the lab's to its end. */
  run(
    script: string,
    ...args: string[]
  ): { readonly status: number | null; readonly stdout: string; readonly stderr: string }
  /** A program first on PATH, as sh text. */
  program(name: string, text: string): void
  /** What an address answers; undefined = nothing. */
  web(url: string, answer: string | undefined): void
  /** Seconds since the epoch. */
  at(seconds: number): void
  write(path: string, content: string): void
  /** A file below the root; undefined where there is none. */
  read(path: string): string | undefined
  /** What systemctl was asked, a line a call. */
  said(): string[]
}

/** systemd, as far as the scripts ask it: what was started is active until it is stopped, unless `state/UNIT` says else. */
const SYSTEMCTL = (dir: string): string => `
echo "$*" >>${dir}/said
verb= names=
for word; do
  case $word in
    --value | --quiet | --no-block | --user | -*) ;;
    ActiveState) ;;
    *) if [ -z "$verb" ]; then verb=$word; else names="$names $word"; fi ;;
  esac
done
mkdir -p ${dir}/active
for name in $names; do
  case $verb in
    start | restart) : >${dir}/active/$name ;;
    stop) rm -f ${dir}/active/$name ;;
    is-active) [ -e ${dir}/active/$name ] || exit 3 ;;
    show) if [ -e ${dir}/state/$name ]; then cat ${dir}/state/$name; elif [ -e ${dir}/active/$name ]; then echo active; else echo inactive; fi ;;
  esac
done
exit 0`

/** The last word is the address; \`-o\` names the file that takes the answer. */
const CURL = (dir: string): string => `
out=/dev/stdout take=
for word; do
  [ "$take" ] && out=$word take=
  [ "$word" = -o ] && take=1
  url=$word
done
case $url in */api/token) echo token && exit 0 ;; esac
file=${dir}/web/$(printf %s "$url" | tr '/:' '__')
[ -e "$file" ] && cat "$file" >"$out" || exit 22`

export function machineWorld(homePath = 'var/lib/labos'): MachineWorld {
  const root = tempDir()
  const home = join(root, homePath)
  const programs = join(root, 'programs')
  mkdirSync(programs)
  mkdirSync(join(root, 'web'))
  cpSync(SCRIPTS, join(home, 'bin'), { recursive: true })
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  const program = (name: string, text: string): void => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(programs, name), 0o755)
  }
  const world: MachineWorld = {
    root,
    home,
    write,
    program,
    settings: (values) =>
      write(
        join(homePath, 'lab.env'),
        Object.entries(values)
          .map(([name, value]) => `LABOS_${name}='${String(value)}'\n`)
          .join(''),
      ),
    run: (script, ...args) => {
      const env = {
        PATH: `${programs}:${process.env['PATH'] ?? ''}`,
        HOME: join(root, 'user'),
        XDG_RUNTIME_DIR: join(root, 'runtime'),
        LABOS_ROOT: root,
      }
      const { status, stdout, stderr } = spawnSync('sh', [join(home, 'bin', script), ...args], {
        env,
        encoding: 'utf8',
        timeout: 60_000,
      })
      return { status, stdout, stderr }
    },
    web: (url, answer) => {
      const file = join(root, 'web', url.replaceAll(/[/:]/g, '_'))
      if (answer === undefined) rmSync(file, { force: true })
      else writeFileSync(file, answer)
    },
    at: (seconds) => program('date', `case "$*" in +%s) echo ${String(seconds)} ;; *) exec /bin/date "$@" ;; esac`),
    read: (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined),
    said: () => (world.read('said') ?? '').trim().split('\n'),
  }
  program('systemctl', SYSTEMCTL(root))
  program('curl', CURL(root))
  program('journalctl', `cat ${root}/journal 2>/dev/null`)
  program('sleep', 'exec /bin/sleep 0.02')
  world.at(1_000_000)
  return world
}

/** lease.json, as the machine says it. */
export interface LeaseFile {
  readonly t: number
  readonly armed: boolean
  readonly deadline: number | null
  readonly boot_deadline: number | null
  readonly idle_limit: number | null
  readonly idle_since: number | null
  readonly unheard_limit: number | null
  readonly served: boolean
  readonly ends: number | null
  readonly ends_by: 'deadline' | 'boot' | 'idle' | 'unheard' | null
  readonly on_end: 'poweroff' | 'stop'
  readonly interrupt: number | null
}

/** What `lease.sh show` prints. */
export function shownLease(world: MachineWorld): LeaseFile {
  const { status, stdout, stderr } = world.run('lease.sh', 'show')
  if (status !== 0) throw new Error(`no lease: ${stdout}${stderr}`)
  return JSON.parse(stdout) as LeaseFile
}

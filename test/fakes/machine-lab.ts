/** A machine that is to become a laboratory: GPUs, an installer and a hub's client that do what the test says. */
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { machineWorld, type MachineWorld } from './machine-world.js'

/** A line of phases.ndjson. */
export interface PhaseLine {
  readonly t: number
  readonly boot: number
  readonly phase: string
  readonly state: 'running' | 'waiting' | 'done' | 'failed'
  readonly done?: number
  readonly total?: number
  readonly rate?: number
  readonly stall?: number
  readonly text?: string
  readonly cause?: string
}

export interface LabWorld extends MachineWorld {
  /** All that was said in phases.ndjson; every line of it can be read. */
  lines(): PhaseLine[]
  /** The last word of each phase: `driver done`, `engine failed engine.download`. */
  ends(): string[]
  /** What `nvidia-smi` knows: a line a GPU, as MEMORY, DRIVER, NAME. */
  gpus(...lines: string[]): void
  /** What the installer does as sh text; `$1` is its verb. Absent: it installs. */
  installer(text: string): void
  /** What the hub's client does as sh text. Absent: it fetches. */
  client(text: string): void
  free(gigabytes: number): void
}

const L40S = '46068, 595.71.05, NVIDIA L40S'
const HOME = 'var/lib/labos'
/** `hub.py REPO REVISION LIST TOTAL`: fetches one file. */
export const FETCHES = `
folder=$HF_HOME/hub/models--a--b/blobs
echo 40000 >"$5"
head -c 40000 /dev/zero >"$folder/blob"
printf '%s %s\\n40000 %s\\n' "$2" "$3" "$folder/blob" >"$4"`

export function labWorld(more: Readonly<Record<string, string | number>> = {}): LabWorld {
  const world = machineWorld()
  world.settings({
    PROVIDER: 'aws',
    SCOPE: 'system',
    ON_END: 'poweroff',
    TTL_S: 14_400,
    BOOT_S: 1200,
    IDLE_S: 1800,
    ENGINE_VERSION: '0.33.0',
    DRIVER_MIN: 580,
    REPO: 'a/b',
    REVISION: 'c0ffee',
    WEIGHTS_BYTES: 40_000,
    ...more,
  })
  world.web('http://169.254.169.254/latest/meta-data/instance-type', 'g6e.xlarge')
  world.write(`${HOME}/machines.tsv`, 'g6.xlarge\t1\t22888\tg6.xlarge.yaml\ng6e.xlarge\t1\t45776\tg6e.xlarge.yaml\n')
  world.write(`${HOME}/config/g6e.xlarge.yaml`, 'model: "a/b"\nport: 8000\nmax-model-len: 16384\n')
  mkdirSync(join(world.root, 'opt/dlami/nvme'), { recursive: true })
  mkdirSync(join(world.home, 'uv'))
  const pinned = /UV_VERSION=(\S+)/.exec(world.read(`${HOME}/bin/versions.env`) ?? '')?.[1] ?? ''
  const lab: LabWorld = {
    ...world,
    lines: () => {
      const texts = (world.read(`${HOME}/phases.ndjson`) ?? '').trimEnd().split('\n')
      return texts.map((text) => JSON.parse(text) as PhaseLine)
    },
    ends: () => {
      const last = new Map(lab.lines().map((line) => [line.phase, line]))
      return [...last.values()].map(({ phase, state, cause }) => [phase, state, cause ?? ''].join(' ').trim()).sort()
    },
    gpus: (...lines) => {
      world.write('gpus', lines.map((line) => `${line}\n`).join(''))
      world.program('nvidia-smi', `case "$*" in *fabric*) echo Completed ;; *) cat ${world.root}/gpus ;; esac`)
    },
    installer: (text) => world.program('uv', text),
    client: (text) => world.program('hub-client', text),
    free: (gigabytes) =>
      world.program('df', `printf 'Filesystem\\nd 1 1 ${String(Math.round(gigabytes * 976_562.5))} 1%% /\\n'`),
  }
  // As uv does it: `venv --clear --python P FOLDER`, `pip install --python FOLDER/bin/python WHAT...`.
  lab.installer(`
    echo "$*" >>${world.root}/installed
    for word; do last=$word; done
    case $1 in
      venv) mkdir -p "$last/bin" && cp ${world.root}/programs/venv-python "$last/bin/python" ;;
      pip) for word; do case $word in vllm==*) place=\${4%/python} && cp ${world.root}/programs/venv-python "$place/vllm" ;; esac; done ;;
    esac`)
  lab.client(FETCHES)
  world.program('python3', 'exit 0')
  world.program('venv-python', `case $1 in *hub.py) exec sh ${world.root}/programs/hub-client "$@" ;; esac`)
  world.write(`${HOME}/uv/uv-${pinned}`, `#!/bin/sh\nexec sh ${world.root}/programs/uv "$@"\n`)
  chmodSync(join(world.home, `uv/uv-${pinned}`), 0o755)
  lab.gpus(L40S)
  lab.free(500)
  return lab
}

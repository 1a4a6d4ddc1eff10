/** What a machine is told of its lab, as the files in the lab's folder there. Pure; holds no secret. */
import { LabosError } from '../errors/labos-error.js'
import type { Ends } from '../plan/rent/serving.js'

/** Folder of the lab on a rented machine. */
export const RENTED_HOME = '/var/lib/labos'

export interface LabWish {
  readonly labId: string
  /** `aws`: the machine is the lab's alone, and its end is its power-off. `ssh`: a host of the user's own goes on. */
  readonly provider: 'aws' | 'ssh'
  readonly lease: Ends
  /** Absent: a machine and nothing on it. */
  readonly laboratory?: Laboratory
}

export interface Laboratory {
  readonly engineVersion: string
  /** Major version of NVIDIA's driver. */
  readonly driverMin: number
  readonly repo: string
  /** Null: what the repository's main branch is then. */
  readonly revision: string | null
  readonly weightsBytes: number
  /** The hub wants a token: it is put there over SSH, and waited for. */
  readonly wantsToken: boolean
  /** The machines that this may turn out to be; on a host of the user's own the one of type `host`. */
  readonly machines: readonly PlannedMachine[]
  /** The GPUs that the engine may use, as nvidia-smi counts; absent = all. */
  readonly gpus?: readonly number[]
  /** A package index in place of PyPI, and a hub in place of Hugging Face's. */
  readonly packageIndex?: string
  readonly hub?: string
}

export interface PlannedMachine {
  readonly type: string
  readonly gpuCount: number
  readonly gpuMemoryMiB: number
  /** vLLM's configuration there. */
  readonly config: string
}

/** By path in the lab's folder. Throws `usage.value` for what cannot be written as a setting. */
export function labFiles(wish: LabWish): ReadonlyMap<string, string> {
  const machines = new Map(wish.laboratory?.machines.map((machine) => [machine.type, machine]))
  const lines = [...machines.values()].map(({ type, gpuCount, gpuMemoryMiB }) =>
    [type, String(gpuCount), String(Math.floor(gpuMemoryMiB)), `${type}.yaml`].join('\t'),
  )
  return new Map([
    ['lab.env', settings({ ...leaseSettings(wish), ...laboratorySettings(wish.laboratory) })],
    ...(wish.laboratory
      ? ([
          ['machines.tsv', lines.map((line) => `${line}\n`).join('')],
          ...[...machines.values()].map(({ type, config }) => [`config/${type}.yaml`, config] as const),
        ] as const)
      : []),
  ])
}

const leaseSettings = ({ labId, provider, lease }: LabWish): Record<string, string> => ({
  LABOS_LAB: labId,
  LABOS_PROVIDER: provider,
  LABOS_SCOPE: provider === 'aws' ? 'system' : 'user',
  LABOS_ON_END: provider === 'aws' ? 'poweroff' : 'stop',
  LABOS_TTL_S: seconds(lease.ttlMs),
  LABOS_BOOT_S: seconds(lease.bootMs),
  LABOS_IDLE_S: seconds(lease.idleMs),
  LABOS_UNHEARD_S: seconds(lease.unheardMs),
})

const laboratorySettings = (laboratory: Laboratory | undefined): Record<string, string> =>
  laboratory
    ? {
        LABOS_ENGINE_VERSION: laboratory.engineVersion,
        LABOS_DRIVER_MIN: String(laboratory.driverMin),
        LABOS_REPO: laboratory.repo,
        LABOS_REVISION: laboratory.revision ?? '',
        LABOS_WEIGHTS_BYTES: String(laboratory.weightsBytes),
        LABOS_WANTS_TOKEN: laboratory.wantsToken ? 'yes' : '',
        LABOS_GPUS: laboratory.gpus?.join(',') ?? '',
        LABOS_PACKAGE_INDEX: laboratory.packageIndex ?? '',
        LABOS_HUB: laboratory.hub ?? '',
      }
    : {}

/** Whole seconds, at least one; empty = no such limit. */
const seconds = (ms: number | undefined): string => (ms === undefined ? '' : String(Math.max(1, Math.ceil(ms / 1000))))

/** `NAME='value'` lines, which sh and systemd read alike: neither knows a way to quote a quote that the other does. */
function settings(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => {
      if (/['\p{Cc}]/u.test(value)) throw unwritable(name, value)
      return `${name}='${value}'\n`
    })
    .join('')
}

const unwritable = (name: string, value: string): LabosError =>
  new LabosError(
    'usage.value',
    `A quote or a control character cannot be sent to the machine: ${name} is ${JSON.stringify(value)}.`,
    {
      suggestions: ['In an address, write a quote as %27.'],
    },
  )

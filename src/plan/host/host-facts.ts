/** What a host of the user's own says of itself (`templates/host/facts.sh`). */
export interface HostFacts {
  /** As `uname` says: `Linux`, `x86_64`. */
  readonly system: string
  readonly architecture: string
  /** Home folder of the user who logs in. */
  readonly home: string
  readonly cpus: number
  readonly memoryGiB: number
  /** Programs that are there. */
  readonly programs: readonly string[]
  /** Where the weights would go. */
  readonly diskFreeBytes: number
  readonly isWritable: boolean
  /** Id of the lab whose folder is there already, empty where that folder names none; absent: there is no such folder. */
  readonly folderOf?: string
  /** The user may have units of systemd's. */
  readonly hasUnits: boolean
  /** They live on after the user's logout. */
  readonly lingers: boolean
  readonly gpus: readonly HostGpu[]
  /** Why there are none. */
  readonly gpuTrouble?: string
  /** Ports on which somebody listens. */
  readonly listens: readonly number[]
  /** Labs of the same user in other folders. */
  readonly otherLabs: readonly { readonly name: string; readonly port: number }[]
}

/** As `nvidia-smi` says. */
export interface HostGpu {
  readonly index: number
  readonly name: string
  readonly memoryMiB: number
  /** By whoever uses it now. */
  readonly usedMiB: number
  readonly driver: string
  readonly computeCapability: number
}

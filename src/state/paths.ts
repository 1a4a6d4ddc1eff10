import { join } from 'node:path'
import { LabosError } from '../errors/labos-error.js'

/** Where labos keeps things on this computer. Made once, in `context.ts`. */
export interface Paths {
  /** Labs' records, keys and logs. */
  readonly labsDir: string
  /** Engines and weights: large, can be made again. */
  readonly cacheDir: string
  readonly configFile: string
}

/** Everything that belongs to one lab. */
export interface LabPaths {
  readonly dir: string
  readonly record: string
  readonly keeper: string
  /** The endpoint's API key, 0600. */
  readonly key: string
  /** Private key that labos logs in with, 0600. */
  readonly userKey: string
  /** Of rented labs, until their machine has a host key of its own: the private key that it was given, 0600. */
  readonly hostKey: string
  /** The host keys that are accepted, for OpenSSH's own programs. */
  readonly knownHosts: string
  readonly engineLog: string
  readonly keeperLog: string
  readonly setupLog: string
}

const NAME = /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/

/** Refuses what cannot be a folder's name on every system. Windows' device names are in it on purpose. */
export function checkLabName(name: string): string {
  if (NAME.test(name) && !/^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/.test(name) && !name.includes('..')) return name
  throw new LabosError('usage.name', `"${name}" cannot be a lab's name.`, {
    suggestions: ['Use 1 to 63 lower-case letters, digits, dots, dashes and underscores, for example `--name my-lab`.'],
  })
}

/** The lab name a model gets when the user names none: its id with what a folder cannot hold replaced. */
export const defaultLabName = (modelId: string): string => modelId.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-')

export function labPaths(paths: Paths, name: string): LabPaths {
  const dir = join(paths.labsDir, checkLabName(name))
  return {
    dir,
    record: join(dir, 'lab.json'),
    keeper: join(dir, 'keeper.json'),
    key: join(dir, 'key'),
    userKey: join(dir, 'id_ed25519'),
    hostKey: join(dir, 'host_ed25519'),
    knownHosts: join(dir, 'known_hosts'),
    engineLog: join(dir, 'engine.log'),
    keeperLog: join(dir, 'keeper.log'),
    setupLog: join(dir, 'setup.log'),
  }
}

/** Held by whoever changes the lab; beside its folder, so that removing the folder does not remove the lock. */
export const lockPath = (paths: Paths, name: string): string => join(paths.labsDir, `.${checkLabName(name)}.lock`)

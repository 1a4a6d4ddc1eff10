/** The key pairs of a lab on a machine, each private key in a file of its own, 0600, with the public one beside it. */
import { readFile, rm } from 'node:fs/promises'
import { systemCode } from '../errors/from-system.js'
import type { SshKeyPair } from '../ports.js'
import { writeAtomic } from './atomic.js'
import { labPaths, type Paths } from './paths.js'

export interface LabKeys {
  /** What labos logs in with. */
  readonly user: SshKeyPair
  /** What the machine shows at its first login. */
  readonly host: SshKeyPair
}

/** The pairs of the lab; made where there are none yet, so that a repeated `up` says the same of them. */
export async function ensureLabKeys(
  paths: Paths,
  name: string,
  make: (comment: string) => SshKeyPair,
): Promise<LabKeys> {
  const { userKey, hostKey } = labPaths(paths, name)
  return {
    user: await ensurePair(userKey, () => make(`labos-${name}`)),
    host: await ensurePair(hostKey, () => make(`labos-${name}-host`)),
  }
}

/** Call when the machine has a host key that never left it. */
export async function forgetHostKey(paths: Paths, name: string): Promise<void> {
  const { hostKey } = labPaths(paths, name)
  await Promise.all([hostKey, publicOf(hostKey)].map((path) => rm(path, { force: true })))
}

const publicOf = (path: string): string => `${path}.pub`

async function ensurePair(path: string, make: () => SshKeyPair): Promise<SshKeyPair> {
  const [privateKey, publicKey] = await Promise.all([path, publicOf(path)].map(textOrNone))
  if (privateKey !== undefined && publicKey !== undefined) return { privateKey, publicKey: publicKey.trim() }
  const made = make()
  await writeAtomic(publicOf(path), `${made.publicKey}\n`)
  await writeAtomic(path, made.privateKey)
  return made
}

async function textOrNone(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}

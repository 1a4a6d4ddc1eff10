/** Records of labs whose machine is a real SSH server on loopback. */
import { writeFileSync } from 'node:fs'
import type { Paths } from '../../src/state/paths.js'
import { labPaths } from '../../src/state/paths.js'
import type { RentedLab } from '../../src/state/record.js'
import { saveRentedLab } from './rented.js'
import type { Sshd } from './sshd.js'

const HOUR_MS = 3_600_000

/** Saves a rented lab that ends at its machine, with the key to log in. It ends itself in an hour. */
export async function saveSshLab(paths: Paths, sshd: Sshd, more: Partial<RentedLab> = {}): Promise<RentedLab> {
  const { host, port, user, hostKeys } = sshd.place
  const ssh = { user, port, host, hostKeys: [...hostKeys] }
  const expiresAt = new Date(Date.now() + HOUR_MS).toISOString()
  const record = await saveRentedLab(paths, { ssh, expiresAt, ...more })
  writeFileSync(labPaths(paths, record.name).userKey, sshd.userKey.privateKey, { mode: 0o600 })
  return record
}

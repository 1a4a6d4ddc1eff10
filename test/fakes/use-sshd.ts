import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type Sshd, startSshd } from './sshd.js'

/** Why there is none here; empty where there is. */
export const whyNoSshd = (): string => process.env['LABOS_TEST_NO_SSHD'] ?? ''

/** A server for all tests of a file, which are skipped where there is none. `more`: lines added to its configuration. */
export function useSshd(more: readonly string[] = []): () => Sshd {
  const reason = whyNoSshd()
  let sshd: Sshd | undefined
  beforeAll(async () => {
    if (reason === '') sshd = await startSshd(more)
  })
  beforeEach((context) => {
    if (reason !== '') context.skip(reason)
  })
  afterAll(() => sshd?.close())
  return () => {
    if (!sshd) throw new Error('there is no sshd')
    return sshd
  }
}

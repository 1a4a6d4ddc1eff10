import { homedir } from 'node:os'
import { join } from 'node:path'
import envPaths from 'env-paths'

/** Where tests keep what is slow to make: outside the clone, so that clean clones share it. */
export function testCacheDir(): string {
  const named = process.env['LABOS_TEST_CACHE']
  return named !== undefined && named !== ''
    ? named
    : homedir() === ''
      ? join('/var/tmp', 'labos-test')
      : envPaths('labos-test', { suffix: '' }).cache
}

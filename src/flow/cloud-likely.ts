import { existsSync } from 'node:fs'
import { join } from 'node:path'

type Env = Readonly<Record<string, string | undefined>>

const SIGNS =
  /^AWS_(?:PROFILE|ACCESS_KEY_ID|WEB_IDENTITY_TOKEN_FILE|CONTAINER_CREDENTIALS_|CONFIG_FILE|SHARED_CRED|ENDPOINT_URL)/

/**
 * Whether this user has to do with AWS at all. Those who have not are never kept waiting for it: without any credentials
 * the search for some takes seconds.
 */
export function isCloudLikely(env: Env): boolean {
  if (Object.entries(env).some(([name, value]) => SIGNS.test(name) && value)) return true
  const home = env['HOME'] ?? env['USERPROFILE']
  return home !== undefined && home !== '' && existsSync(join(home, '.aws'))
}

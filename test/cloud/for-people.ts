/** The cloud as `npm run cloud` starts it, and what a person's shell needs to use labos with it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ENGINE_VERSION } from '../../src/adapters/pulumi/find-engine.js'
import { testCacheDir } from '../setup/test-cache.js'
import type { Cloud } from './cloud.js'

export { startCloud } from './cloud.js'

/** The machines have addresses of this computer; Pulumi is the one that the tests built, where they did. */
export function shellEnv({ env }: Pick<Cloud, 'env'>): Record<string, string> {
  const pulumi = join(testCacheDir(), `pulumi-${ENGINE_VERSION}`, 'pulumi')
  return {
    ...env,
    LABOS_ALLOW_CIDR: '127.0.0.1/32',
    ...(existsSync(pulumi) ? { LABOS_PULUMI: pulumi } : {}),
  }
}

/** The cloud as `npm run cloud` starts it, and what a person's shell needs to use labos with it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ENGINE_VERSION } from '../../src/adapters/pulumi/find-engine.js'
import { openHosts } from '../hosts/for-people.js'
import { testCacheDir } from '../setup/test-cache.js'
import { type Cloud, startCloud } from './cloud.js'

export interface PeoplesCloud {
  readonly cloud: Cloud
  readonly env: Readonly<Record<string, string>>
  close(): Promise<void>
}

export interface PeoplesWish {
  readonly port: number
  /** Whether its machines are to boot, as they do where this computer lets them. */
  readonly hosts: boolean
  readonly log: (line: string) => void
  /** Ends the start; nothing runs then. */
  readonly signal: AbortSignal
}

/** Without hosts the machines have addresses of this computer. Pulumi is the one that the tests built, where they did. */
export async function startForPeople({ port, hosts: wantsHosts, log, signal }: PeoplesWish): Promise<PeoplesCloud> {
  const opened = wantsHosts ? await openHosts(log) : undefined
  try {
    signal.throwIfAborted()
    const cloud = await startCloud({ port, log, signal, ...(opened ? { hosts: opened.hosts } : {}) })
    const pulumi = join(testCacheDir(), `pulumi-${ENGINE_VERSION}`, 'pulumi')
    const env = {
      ...cloud.env,
      LABOS_ALLOW_CIDR: '127.0.0.1/32',
      ...opened?.env,
      ...(existsSync(pulumi) ? { LABOS_PULUMI: pulumi } : {}),
    }
    const close = async (): Promise<void> => {
      await cloud.close()
      await opened?.close()
    }
    return { cloud, env, close }
  } catch (error) {
    await opened?.close()
    throw error
  }
}

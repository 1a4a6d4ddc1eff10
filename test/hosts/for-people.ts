/** Real hosts as `npm run cloud -- --hosts` has them: a region, and mirrors of what the tests have built for it. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { TEST_ENGINE_VERSION } from '../engine/engine-index.js'
import type { Hosts } from '../cloud/hosts.js'
import { testCacheDir } from '../setup/test-cache.js'
import { hostsOf } from './cloud-hosts.js'
import { readHub } from './hub-tree.js'
import { type Mirror, startMirror } from './mirror.js'
import { hubListener } from './mirror-hub.js'
import { indexListener } from './mirror-index.js'
import { startRegion } from './region.js'
import { installPackages, whyNoHosts } from './support.js'

export interface PeoplesHosts {
  readonly hosts: Hosts
  /** What labos needs to reach them, and they to reach what they download. */
  readonly env: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** Rejects where this computer can have no hosts. */
export async function openHosts(log: (line: string) => void): Promise<PeoplesHosts> {
  await installPackages(log)
  const reason = await whyNoHosts()
  if (reason !== undefined) throw new Error(reason)
  const region = await startRegion(log)
  const mirrors: Mirror[] = []
  const mirror = async (listener: RequestListener): Promise<string> => {
    const started = await startMirror(region.caller, listener)
    mirrors.push(started)
    return started.url
  }
  const close = async (): Promise<void> => {
    await region.close()
    for (const each of mirrors) await each.close()
  }
  try {
    const env = { LABOS_ALLOW_CIDR: `${region.caller}/32`, ...(await downloads(mirror)) }
    return { hosts: hostsOf(region, log), env, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Of what is there. */
async function downloads(mirror: (listener: RequestListener) => Promise<string>): Promise<Record<string, string>> {
  const index = newest('engine-index-')
  const tree = newest('hub-tree-')
  return {
    ...(index === undefined
      ? {}
      : {
          LABOS_PACKAGE_INDEX: `${await mirror(indexListener(index))}/simple`,
          LABOS_ENGINE_VERSION: TEST_ENGINE_VERSION,
        }),
    ...(tree === undefined ? {} : { LABOS_HUB: await mirror(hubListener(tree, await readHub(tree))) }),
  }
}

/** The folder of the test cache with that beginning that was made last; those under way have a dot in their names. */
function newest(prefix: string): string | undefined {
  const cache = testCacheDir()
  const names = existsSync(cache) ? readdirSync(cache) : []
  const folders = names
    .filter((name) => name.startsWith(prefix) && !name.includes('.'))
    .map((name) => join(cache, name))
  return folders.sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)[0]
}

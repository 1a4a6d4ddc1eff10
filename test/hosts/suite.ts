/** Hosts for the tests of one file: a region, which ends with the file; skipped, with the reason, where there can be none. */
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { type Cloud, startCloud } from '../cloud/cloud.js'
import type { CloudSettings } from '../cloud/settings.js'
import { hostsOf } from './cloud-hosts.js'
import { type Region, startRegion } from './region.js'

/** Why the tests of this run have no hosts, as the set-up of the run found it; undefined = they have. */
export function hostsUnavailable(): string | undefined {
  const reason = process.env['LABOS_TEST_NO_HOSTS']
  if (reason === undefined) throw new Error('test/setup/prepare-hosts.ts has not run: is the file in test/hosts?')
  return reason === '' ? undefined : reason
}

export interface RegionSuite {
  /** There from the first test on. */
  region(): Region
}

export function regionSuite(): RegionSuite {
  const open: Region[] = []
  beforeAll(async () => {
    if (hostsUnavailable() === undefined) open.push(await startRegion())
  })
  beforeEach((context) => {
    const reason = hostsUnavailable()
    if (reason !== undefined) context.skip(reason)
  })
  afterAll(async () => {
    for (const each of open) await each.close()
  })
  return { region: () => theOnly(open) }
}

export interface HostsSuite extends RegionSuite {
  /** Its instances are machines of the region. There from the first test on. */
  cloud(): Cloud
  /** What went wrong with the machines; a test that expects it takes it out. */
  readonly troubles: string[]
}

export function hostsSuite(settings: Partial<CloudSettings> = {}): HostsSuite {
  const { region } = regionSuite()
  const open: Cloud[] = []
  const troubles: string[] = []
  beforeAll(async () => {
    if (hostsUnavailable() !== undefined) return
    const hosts = hostsOf(region(), (line) => troubles.push(line))
    open.push(await startCloud({ hosts, settings: { pendingMs: 50, shuttingDownMs: 50, ...settings } }))
  })
  afterAll(async () => {
    for (const each of open) await each.close()
    expect(troubles).toEqual([])
  })
  return { region, cloud: () => theOnly(open), troubles }
}

function theOnly<T>(open: readonly T[]): T {
  const [only] = open
  if (only === undefined) throw new Error('nothing has started')
  return only
}

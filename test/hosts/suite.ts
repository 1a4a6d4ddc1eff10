/** Hosts for the tests of one file: a region, which ends with the file; skipped, with the reason, where there can be none. */
import { afterAll, beforeAll, beforeEach } from 'vitest'
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

function theOnly<T>(open: readonly T[]): T {
  const [only] = open
  if (only === undefined) throw new Error('nothing has started')
  return only
}

/**
 * The whole of labos for one test file: the built CLI, the real Pulumi, the test cloud with real hosts, and mirrors of the
 * package index and the hub, from which the machines install vLLM and fetch the weights.
 */
import { mkdtempSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { makeSubject, type Subject } from '../crash/subject.js'
import type { Cloud } from '../cloud/cloud.js'
import { engineIndex, TEST_ENGINE_VERSION } from '../engine/engine-index.js'
import { hubTree } from '../engine/hub-tree.js'
import { readHub } from '../hosts/hub-tree.js'
import { type Mirror, startMirror } from '../hosts/mirror.js'
import { hubListener } from '../hosts/mirror-hub.js'
import { indexListener } from '../hosts/mirror-index.js'
import type { Region } from '../hosts/region.js'
import { hostsSuite, hostsUnavailable } from '../hosts/suite.js'

export interface LabSuite {
  region(): Region
  cloud(): Cloud
  /** labos with a home of its own. */
  labos(): Subject
}

/** What the CPU build can serve: it attends to a whole prompt at once. */
const FITTING = { LABOS_CONTEXT: '2k', LABOS_ENGINE_VERSION: TEST_ENGINE_VERSION }

/** Call it at the top of a test file. */
export function labSuite(): LabSuite {
  const { region, cloud } = hostsSuite()
  const mirrors: Mirror[] = []
  const subjects: Subject[] = []
  let env: Readonly<Record<string, string>> = {}
  beforeAll(async () => {
    if (hostsUnavailable() !== undefined) return
    const tree = await hubTree()
    const listeners = [indexListener(await engineIndex()), hubListener(tree, await readHub(tree))]
    for (const listener of listeners) mirrors.push(await startMirror(region().caller, listener))
    const [index, hub] = mirrors.map(({ url }) => url)
    env = {
      ...cloud().env,
      ...FITTING,
      LABOS_PULUMI: process.env['LABOS_TEST_PULUMI'] ?? '',
      LABOS_CACHE: mkdtempSync(join(homedir(), 'cache-')),
      LABOS_ALLOW_CIDR: `${region().caller}/32`,
      LABOS_PACKAGE_INDEX: `${index ?? ''}/simple`,
      LABOS_HUB: hub ?? '',
    }
  })
  afterAll(async () => {
    for (const subject of subjects) {
      await subject.run('down', '--all', '--yes') // where a test has failed in the middle
      subject.close()
    }
    for (const mirror of mirrors) await mirror.close()
  })
  return {
    region,
    cloud,
    labos: () => {
      const subject = makeSubject(env)
      subjects.push(subject)
      return subject
    },
  }
}

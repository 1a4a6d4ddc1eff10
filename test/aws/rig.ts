/** A cloud and the built CLI with the real Pulumi, for a test file; after each test nothing of it may be left anywhere. */
import { mkdtempSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { type Cloud, type JournalEntry, startCloud } from '../cloud/cloud.js'
import type { Fault } from '../cloud/faults.js'
import { type CloudSettings, DEFAULTS } from '../cloud/settings.js'
import { makeSubject, type Subject } from '../crash/subject.js'
import { pulumiCli } from '../pulumi/pulumi.js'

/** In which nothing takes long. */
const QUICK: Partial<CloudSettings> = { pendingMs: 100, shuttingDownMs: 100, sshDelayMs: 0 }

export interface Rig {
  readonly cloud: Cloud
  /** labos with a home of its own, or with that of another. `more`: environment. */
  labos(more?: Readonly<Record<string, string>>, home?: string): Subject
  /** Of EC2 where nothing else is said; taken back after the test. */
  fault(fault: Fault): () => void
  /** Until the end of the test. */
  set(settings: Partial<CloudSettings>): void
  /** Calls of that action in this test. */
  calls(action: string): readonly JournalEntry[]
}

/** Call it at the top of a test file. */
export function rig(): Rig {
  let cloud: Cloud | undefined
  let besides: Readonly<Record<string, string>> = {}
  let since = 0
  let subjects: Subject[] = []
  let mends: (() => void)[] = []
  const here = (): Cloud => {
    if (!cloud) throw new Error('the cloud is not there before the tests, or after them')
    return cloud
  }
  beforeAll(async () => {
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true' // of the cloud's own questions
    besides = {
      LABOS_PULUMI: await pulumiCli(),
      LABOS_ALLOW_CIDR: '127.0.0.1/32',
      LABOS_AWS_TIMEOUT: '10',
      LABOS_CACHE: mkdtempSync(join(homedir(), 'cache-')),
    }
    cloud = await startCloud({ settings: QUICK })
  })
  afterAll(() => cloud?.close())
  afterEach(async () => {
    for (const mend of mends) mend()
    Object.assign(here().settings, structuredClone(DEFAULTS), QUICK)
    const running = subjects.flatMap(({ workers }) => [...workers('engine'), ...workers('provider')])
    const locks = subjects.flatMap((subject) => subject.locks())
    for (const subject of subjects) subject.close()
    const left = await here().leftovers()
    ;[subjects, mends, since] = [[], [], here().journal.length]
    expect({ left, running, locks }).toEqual({ left: [], running: [], locks: [] })
  })
  return {
    get cloud() {
      return here()
    },
    labos: (more = {}, home) => {
      const subject = makeSubject({ ...here().env, ...besides, ...more }, home)
      subjects.push(subject)
      return subject
    },
    fault: (fault) => {
      const mend = here().fault({ service: 'ec2', ...fault })
      mends.push(mend)
      return mend
    },
    set: (settings) => void Object.assign(here().settings, settings),
    calls: (action) =>
      here()
        .journal.slice(since)
        .filter((entry) => entry.action === action),
  }
}

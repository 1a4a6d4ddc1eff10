/** Gives back what a test made for a lab in the test cloud, with the product's own teardown. */
import { awsOpener } from '../../src/adapters/aws/open-aws.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import { destroyLab } from '../../src/teardown/destroy-lab.js'
import type { Cloud } from '../cloud/cloud.js'

/** Everything of those labs in us-east-1. Throws where anything is left. */
export async function giveBack(cloud: Cloud, labIds: readonly string[]): Promise<void> {
  Object.assign(process.env, cloud.env)
  cloud.settings.shuttingDownMs = 0
  const aws = awsOpener({ fetch: globalThis.fetch })
  const deps = { aws, clock: systemClock, emit: () => undefined, price: () => null }
  const gone = labIds.map((labId) => destroyLab({ labId, regions: ['us-east-1'] }, deps, AbortSignal.timeout(60_000)))
  const all = await Promise.all(gone)
  const wrong = all.flatMap(({ left, unknown }) => [
    ...left.map(({ id }) => id),
    ...unknown.map(({ error }) => error.message),
  ])
  if (wrong.length > 0) throw new Error(`not given back: ${wrong.join(', ')}`)
}

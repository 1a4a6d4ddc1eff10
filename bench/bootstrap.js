/** A machine that makes itself ready, on a real host with the real engine and mirrors of so many bytes a second. */
import { loadTestCode } from '../scripts/load-test-code.js'
import { fixed, median } from './measure.js'

/** @typedef {import('./run.js').Row} Row */

const ROUNDS = 3
/** Bytes a second of the package index and of the hub: both parts take about a minute. */
const INDEX = 40_000_000
const HUB = 2_000_000

/** @returns {Promise<Row[]>} */
export async function bootstrapRows() {
  /** @type {typeof import('../test/hosts/timed-bootstrap.js')} */
  const { timedBootstrap } = await loadTestCode('hosts/timed-bootstrap.ts')
  const runs = []
  for (let round = 0; round < ROUNDS; round += 1) runs.push(await timedBootstrap(INDEX, HUB))
  const longest = runs.map(({ parts }) => Math.max(...Object.values(parts)))
  const ratio = median(runs.map(({ wallS }, index) => wallS / (longest[index] ?? NaN)))
  /** @param {'engine' | 'weights'} part */
  const seconds = (part) => fixed(median(runs.map(({ parts }) => parts[part])), 0)
  return [
    {
      what: 'bootstrap until the engine starts, against its longest part',
      target: '1.1x or less',
      measured: `${fixed(ratio)}x (${fixed(median(runs.map(({ wallS }) => wallS)), 0)} s; engine ${seconds('engine')} s, weights ${seconds('weights')} s)`,
      ok: ratio <= 1.1,
    },
  ]
}

import { expect, it } from 'vitest'
import { stillRuns } from '../../../src/flow/still-runs.js'
import { rentedLab } from '../../fakes/rented.js'
import { plannedServing } from '../../fakes/served.js'

const wished = rentedLab({ plan: { ...rentedLab().plan, serving: plannedServing } })
const STILL =
  'THE MACHINE STILL RUNS: i-1 (g6e.xlarge in us-east-1), $1.88/h, until it ends itself at 2026-01-01 04:00 UTC'

it('a machine that does not serve yet has a nearer end', () => {
  expect(stillRuns(wished)).toBe(`${STILL}, or about 2026-01-01 00:20 UTC if nothing serves by then.`)
})

it('one that has served, or is to serve nothing, ends at its deadline', () => {
  expect(stillRuns({ ...wished, stepsDone: ['plan', 'machine', 'boot', 'laboratory', 'serving'] })).toBe(`${STILL}.`)
  expect(stillRuns(rentedLab())).toBe(`${STILL}.`)
})

it('one for a `labos run` ends when its computer is gone', () => {
  const plan = { ...wished.plan, serving: { ...plannedServing, unheardMs: 900_000 } }
  expect(stillRuns({ ...wished, plan, stepsDone: ['plan', 'machine', 'boot', 'laboratory', 'serving'] })).toContain(
    'until it ends itself: 15 m after this computer is gone, 2026-01-01 04:00 UTC at the latest.',
  )
})

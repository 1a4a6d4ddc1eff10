import { expect, it } from 'vitest'
import { runSummary } from '../../../src/cli/run-summary.js'
import { LabosError } from '../../../src/errors/labos-error.js'
import type { RunReport } from '../../../src/flow/run/report.js'
import { rentedLab } from '../../fakes/rented.js'

const { machine } = rentedLab()
if (!machine) throw new Error('the rented lab has no machine')

const report: RunReport = {
  name: 'one',
  model: 'deepseek-coder-v2',
  lab: { name: 'one', state: 'serving', provider: 'aws', usdPerHour: 1.88, machine },
  command: { program: 'npm', exitCode: 3, elapsedMs: 90_000 },
  down: {
    name: 'one',
    outcome: 'removed',
    usd: 0.31,
    purged: [],
    removed: [
      { kind: 'machine', id: 'i-1', region: 'us-east-1' },
      { kind: 'security-group', id: 'sg-1', region: 'us-east-1' },
    ],
  },
  usd: 0.31,
  upMs: 480_000,
  elapsedMs: 600_000,
}

it('says what the run was, cost, and gave back', () => {
  expect(runSummary(report, undefined)).toBe(`### labos run deepseek-coder-v2

| | |
| --- | --- |
| model | deepseek-coder-v2 |
| lab | one |
| machine | g6e.xlarge in us-east-1a (on-demand), i-1 |
| price | $1.88/h |
| up | in 8 m 00 s |
| command | npm: exit 3, 1 m 30 s |
| in all | 10 m 00 s |
| cost | $0.31 |
| removed | machine i-1 (us-east-1), security group sg-1 (us-east-1) |

`)
})

it('says what is left, and is no table that its texts could break', () => {
  const error = new LabosError('teardown.incomplete', 'Still there: <i-1> | more.\nSoon.', {
    suggestions: ['Try once more: `labos down one`.'],
    aftermath: 'THE MACHINE STILL RUNS.',
  })
  const { down: _, command: __, lab: ___, ...failed } = report
  const text = runSummary({ ...failed, model: 'a|b', usd: null }, error)
  expect(text).toContain(String.raw`| model | a\|b |`)
  expect(text).toContain('| removed | NOT ALL: see the error below |')
  expect(text).toContain('| cost | not known |')
  expect(text).toContain(
    '**teardown.incomplete**: Still there: &lt;i-1> \\| more. Soon. THE MACHINE STILL RUNS.\n\n- Try once more: `labos down one`.\n',
  )
})

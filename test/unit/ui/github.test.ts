import { describe, expect, it } from 'vitest'
import { LabosError } from '../../../src/errors/labos-error.js'
import { errorCommand, githubReporter, maskCommand } from '../../../src/ui/github.js'
import type { LabosEvent } from '../../../src/ui/events.js'
import { plainReporter } from '../../../src/ui/plain.js'
import { fakeClock } from '../../fakes/clock.js'

function log(events: readonly LabosEvent[]): string[] {
  let text = ''
  const output = { write: (piece: string) => (text += piece) }
  const reporter = githubReporter(plainReporter(output, fakeClock()), output, { before: 'up', after: 'down, 100%' })
  events.forEach(reporter.emit)
  reporter.stop()
  reporter.stop()
  return text.split('\n').slice(0, -1)
}

const start = { type: 'start', step: 'engine', text: 'installing' } as const
const command = { type: 'command', program: 'npm' } as const
const ended = { type: 'command-ended', program: 'npm', exitCode: 3, elapsedMs: 1000 } as const
const teardown = { type: 'start', step: 'teardown', text: 'ending one' } as const

describe('the log of a GitHub job', () => {
  it('has a group before the command and one after it, and what the command says is in none', () => {
    expect(log([start, { type: 'note', text: 'by the way' }, command, ended, teardown])).toEqual([
      '::group::up',
      'engine: installing',
      'by the way',
      '::endgroup::',
      'running npm',
      'npm ended: exit 3 (1.0 s)',
      '::group::down, 100%25',
      'teardown: ending one',
      '::endgroup::',
    ])
  })

  it('has one group where the lab never came up', () => {
    expect(log([start, teardown]).filter((line) => line.startsWith('::'))).toEqual(['::group::up', '::endgroup::'])
  })

  it('shows warnings as annotations, wherever they come', () => {
    expect(log([command, { type: 'warning', text: 'ends\nsoon: 5 %' }])).toEqual([
      'running npm',
      '::warning title=labos::ends%0Asoon: 5 %25',
    ])
  })
})

describe('a workflow command', () => {
  it('holds an error whole: what happened, what is left, what to do', () => {
    const error = new LabosError('quota.vcpu', '0 vCPUs,\r\nno more.', {
      suggestions: ['Ask for more: `labos quota request`.'],
      aftermath: 'Nothing was created.',
    })
    expect(errorCommand(error)).toBe(
      '::error title=labos%3A quota.vcpu::0 vCPUs,%0D%0Ano more.%0ANothing was created.%0A- Ask for more: `labos quota request`.\n',
    )
  })

  it('cannot be ended by what it masks', () => expect(maskCommand('a%\n::b')).toBe('::add-mask::a%25%0A::b\n'))
})

import { describe, expect, it } from 'vitest'
import { endWithRun } from '../../../src/flow/keep/end-with-run.js'
import type { Command, CommandResult, RemoteMachine } from '../../../src/ports.js'
import type { Serving } from '../../../src/state/record.js'
import { fakeProcesses } from '../../fakes/context.js'

const runner = { pid: 9, startTime: 't9', owner: 'ada@lab' }
const serving = { home: '/var/lib/labos', scope: 'system' } as Serving
const at = '2026-01-01T00:00:00.000Z'

/** What the keeper does where its lab's runner runs or not. */
async function ended(running: readonly number[], answer: CommandResult | Error | 'away') {
  const ran: string[] = []
  const said: string[] = []
  const run = async ({ argv }: Command): Promise<CommandResult> => {
    ran.push(argv.join(' '))
    if (answer instanceof Error) throw answer
    return answer as CommandResult
  }
  const machine = { run } as unknown as RemoteMachine
  const session = { machine: () => (answer === 'away' ? undefined : machine) }
  const deps = { session, serving, processes: fakeProcesses(running), say: (line: string) => void said.push(line), at }
  return { ended: await endWithRun({ runner }, deps, new AbortController().signal), ran, said }
}

const told = { exitCode: 0, stdout: '', stderr: '' }
const GONE = 'the `labos run` it was for is gone: telling the machine to end'
const END = 'sudo -n env LABOS_HOME=/var/lib/labos LABOS_SCOPE=system sh /var/lib/labos/bin/lease.sh end'

describe('the keeper of a machine rented for a run', () => {
  it('leaves it alone while the run goes on', async () => {
    expect(await ended([9], told)).toEqual({ ended: undefined, ran: [], said: [] })
  })

  it('tells it to end when the run was killed', async () => {
    const reason = { at, reason: 'runner', detail: 'the `labos run` it was for is gone' }
    expect(await ended([], told)).toEqual({ ended: reason, ran: [END], said: [GONE] })
  })

  it.each([
    ['away' as const, []],
    [{ ...told, exitCode: 1, stderr: 'sudo: no\n' }, [GONE, 'the machine was not told to end: sudo: no']],
    [new Error('closed'), [GONE, 'the connection closed before the machine said that it ends: Error: closed']],
  ])('tries again where the machine does not hear (%j)', async (answer, said) => {
    expect(await ended([], answer)).toMatchObject({ ended: undefined, said })
  })
})

/** The script itself, by the sh that is here, with a systemctl that is a stand-in. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { beginAgain } from '../../../src/flow/up-rented/begin-again.js'
import type { Command } from '../../../src/ports.js'
import { tempDir } from '../../fakes/temp-dir.js'

const never = new AbortController().signal
const line = (boot: number, state: string): string =>
  `{"t":1,"boot":${String(boot)},"phase":"driver","state":"${state}"}\n`

interface Machine {
  readonly phases?: string
  readonly boots?: number
  readonly setup?: 'active' | 'inactive' | 'failed'
  readonly engine?: 'active' | 'inactive' | 'failed'
  /** It has not run since the machine's start. */
  readonly isNew?: boolean
}

/** `start` of the stand-in does what the unit would: counts the run, and says something of it. */
async function machine({ phases, boots = 1, setup = 'inactive', engine = 'inactive', isNew = false }: Machine) {
  const home = tempDir()
  const bin = join(home, 'stand-ins')
  mkdirSync(bin)
  if (phases !== undefined) writeFileSync(join(home, 'phases.ndjson'), phases)
  writeFileSync(join(home, 'boots'), `${String(boots)}\n`)
  writeFileSync(
    join(bin, 'systemctl'),
    `#!/bin/sh
state() { case $1 in *bootstrap*) echo ${setup} ;; *) echo ${engine} ;; esac; }
case $1 in
is-active) s=$(state "$2$3"); [ "$2" = -q ] || echo "$s"; [ "$s" = active ] ;;
is-failed) [ "$(state "$3")" = failed ] ;;
show) echo ${isNew ? '0' : '99'} ;;
start) echo "$*" >>"${home}/started"; (sleep 0.3; printf '%s' '${line(boots + 1, 'running')}' >>"${home}/phases.ndjson") >/dev/null 2>&1 & ;;
esac
`,
    { mode: 0o755 },
  )
  const run = async ({ argv }: Command) => {
    const [program, ...args] = argv[0] === 'sudo' ? argv.slice(2) : argv
    const { status, stdout, stderr } = spawnSync(program, args, {
      encoding: 'utf8',
      env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    })
    return { exitCode: status ?? -1, stdout, stderr }
  }
  const isAgain = await beginAgain({ run }, { home, scope: 'system' }, never)
  const read = (name: string): string => {
    try {
      return readFileSync(join(home, name), 'utf8')
    } catch {
      return ''
    }
  }
  return { isAgain, started: read('started'), phases: read('phases.ndjson') }
}

describe('a set-up', () => {
  it.each([
    ['failed', { phases: line(1, 'failed'), setup: 'failed' }],
    ['did not run since the machine was started', { phases: line(1, 'done'), isNew: true }],
    ['gave an engine that ended again and again', { phases: line(1, 'done'), engine: 'failed' }],
  ] as const)('that %s begins again, and has said something when that is over', async (_, facts) => {
    const { isAgain, started, phases } = await machine(facts)
    expect([isAgain, started]).toEqual([true, 'start --no-block labos-bootstrap.service\n'])
    expect(phases).toContain(line(2, 'running'))
  })

  it.each([
    ['has not said anything yet', { setup: 'active' }],
    ['is not there yet', { boots: 0, isNew: true }],
    ['is under way', { phases: line(1, 'running'), setup: 'active' }],
    ['is over, and the engine runs', { phases: line(1, 'done'), engine: 'active', setup: 'failed' }],
    ['is over, and the engine is started again just now', { phases: line(1, 'done') }],
  ] as const)('that %s is left alone', async (_, facts) => {
    expect(await machine(facts)).toMatchObject({ isAgain: false, started: '' })
  })
})

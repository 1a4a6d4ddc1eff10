/** Ctrl-C, twice; SIGTERM; a terminal that is closed: in the middle of the request for a machine. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Subject } from '../crash/subject.js'
import { eventually, runs } from '../fakes/cli.js'
import { down, read, upArgs } from './asked.js'
import { rig } from './rig.js'
import { atTerminal, CTRL_C, withoutTerminals } from '../fakes/terminal.js'

const aws = rig()
const missing = withoutTerminals()

/** EC2 takes so long to make the machine. */
const SLOW_MS = 1500
/** What a test that fails waits for. */
const LONGEST_MS = 30_000
/** What comes sooner is the same key press, passed on by npm. */
const LATER_MS = 300

/** Resolves when the machine is asked for; the answer comes late: when `answered` resolves. */
function asking(answered: () => Promise<unknown> = () => sleep(SLOW_MS)): Promise<void> {
  return new Promise((asked) => {
    const call = async (phase: 'before' | 'after'): Promise<undefined> => {
      if (phase === 'after') return
      asked()
      await answered()
    }
    aws.fault({ action: 'RunInstances', times: 1, kind: { call } })
  })
}

/** Ctrl-C was pressed while `up` asked for its machine. */
async function stoppedWhileAsking(
  answered?: () => Promise<unknown>,
): Promise<{ subject: Subject; terminal: ReturnType<typeof atTerminal> }> {
  const subject = aws.labos()
  const isAsking = asking(answered)
  const terminal = atTerminal(subject, upArgs(subject))
  await isAsking
  terminal.type(CTRL_C)
  return { subject, terminal }
}

const recordOf = ({ home, lab }: Subject): string => join(home, 'labs', lab, 'lab.json')

describe('labos up at a terminal', () => {
  it('stops safely at Ctrl-C, and removes the machine that came of it', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const { subject, terminal } = await stoppedWhileAsking()
    const { exitCode, screen } = await terminal.ended
    expect(exitCode).toBe(130)
    expect(screen).toContain('Ctrl-C: stopping safely; once more leaves at once.')
    expect(screen).toContain('What was made is removed again: nothing of it is left in AWS.')
    expect(existsSync(recordOf(subject))).toBe(false)
    expect(aws.calls('TerminateInstances').length).toBeGreaterThan(0)
  })

  it('removes a machine that EC2 does not show yet', async (context) => {
    if (missing !== undefined) context.skip(missing)
    aws.set({ notFoundMs: 2500 })
    const { terminal } = await stoppedWhileAsking()
    expect((await terminal.ended).exitCode).toBe(130)
  })

  it('leaves at once at the second Ctrl-C, and says what may be left, its price and what removes it', async (context) => {
    if (missing !== undefined) context.skip(missing)
    let answer = (): void => undefined
    const answered = new Promise<void>((resolve) => (answer = resolve))
    const { subject, terminal } = await stoppedWhileAsking(() => Promise.race([answered, sleep(LONGEST_MS)]))
    await terminal.shows(/stopping safely/)
    await sleep(LATER_MS)
    terminal.type(CTRL_C)
    const { exitCode, screen } = await terminal.ended
    answer()
    expect(exitCode).toBe(130)
    expect(screen).toMatch(/A MACHINE MAY RUN in us-east-1, up to \$0\.99\/h, until it ends itself at 20\d\d-/)
    expect(screen).toContain(`labos down ${subject.lab}`)
    await down(subject)
    expect(existsSync(recordOf(subject))).toBe(false)
  })

  it('names the machine that is there already when it leaves at once', async (context) => {
    if (missing !== undefined) context.skip(missing)
    aws.set({ pendingMs: LONGEST_MS, shuttingDownMs: LONGEST_MS })
    const subject = aws.labos()
    const terminal = atTerminal(subject, upArgs(subject))
    await terminal.shows(/is made: g6/)
    terminal.type(CTRL_C)
    await terminal.shows(/stopping safely/)
    await sleep(LATER_MS)
    terminal.type(CTRL_C)
    const { exitCode, screen } = await terminal.ended
    expect(exitCode).toBe(130)
    expect(screen).toMatch(
      /THE MACHINE STILL RUNS: i-\w+ \(g6.2xlarge in us-east-1\), \$0\.99\/h, until it ends itself/,
    )
    aws.set({ pendingMs: 100, shuttingDownMs: 100 })
    await down(subject)
  })

  it('makes nothing when Ctrl-C is the answer to its question', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const subject = aws.labos()
    const args = upArgs(subject).filter((word) => word !== '--yes')
    const terminal = atTerminal(subject, args)
    await terminal.shows(/Rent it\?/)
    terminal.type(CTRL_C)
    const { exitCode, screen } = await terminal.ended
    expect(exitCode).toBe(130)
    expect(screen).toContain('Nothing was created.')
    expect(aws.calls('RunInstances')).toEqual([])
    expect(aws.calls('CreateSecurityGroup')).toEqual([])
  })

  it('stops safely when its terminal is closed', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const subject = aws.labos()
    const isAsking = asking()
    const terminal = atTerminal(subject, upArgs(subject))
    await isAsking
    const { pid } = terminal
    terminal.close()
    await terminal.ended
    await eventually(() => !runs(pid))
    expect(existsSync(recordOf(subject))).toBe(false)
    expect(aws.calls('TerminateInstances').length).toBeGreaterThan(0)
  })
})

describe('labos up without a terminal', () => {
  it('stops safely at SIGTERM', async () => {
    const subject = aws.labos()
    const isAsking = asking()
    const { child, ended } = subject.start([...upArgs(subject), '--json'])
    await isAsking
    child.kill('SIGTERM')
    const { exitCode, error } = read(await ended)
    expect(exitCode).toBe(130)
    expect(error).toMatchObject({ code: 'interrupted', exit: 130 })
    expect(error?.message).toContain('SIGTERM')
    expect(error?.aftermath).toBe('What was made is removed again: nothing of it is left in AWS.')
  })
})

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { systemProcesses } from '../../../src/adapters/processes.js'
import type { ProcessRef } from '../../../src/ports.js'

const processes = systemProcesses(process.platform)
const children: ChildProcess[] = []

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

/** A child of this test that says one word when it runs, and then waits. */
async function child(script: string): Promise<{ readonly ref: ProcessRef; readonly child: ChildProcess }> {
  const started = spawn(process.execPath, ['-e', `${script}; console.log('up'); setInterval(() => 0, 1000)`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  children.push(started)
  await once(started.stdout, 'data')
  const ref = await processes.find(started.pid ?? 0)
  if (!ref) throw new Error('the child ended at once')
  return { ref, child: started }
}

describe('a process that runs', () => {
  it('is found, the same each time, and is alive', async () => {
    const self = await processes.find(process.pid)
    expect(self).toEqual({ pid: process.pid, startTime: expect.stringMatching(/./) as string })
    expect(await processes.find(process.pid)).toEqual(self)
    expect(self && (await processes.isAlive(self))).toBe(true)
  })

  it('is another than one that began later', async () => {
    const [first, second] = [await child(''), await child('')]
    expect(first.ref.pid).not.toBe(second.ref.pid)
    expect(await processes.isAlive({ ...first.ref, startTime: 'earlier' })).toBe(false)
  })

  it('ends by SIGTERM', async () => {
    const { ref, child: running } = await child('')
    const ended = once(running, 'exit')
    await processes.kill(ref, 'SIGTERM')
    expect((await ended)[1]).toBe('SIGTERM')
    expect([await processes.isAlive(ref), await processes.find(ref.pid)]).toEqual([false, undefined])
  })

  it('that ignores SIGTERM ends by SIGKILL', async ({ skip }) => {
    if (process.platform === 'win32') skip('this machine has no signals to ignore')
    const { ref, child: running } = await child("process.on('SIGTERM', () => console.log('no'))")
    await processes.kill(ref, 'SIGTERM')
    if (running.stdout) await once(running.stdout, 'data')
    expect(await processes.isAlive(ref)).toBe(true)
    const ended = once(running, 'exit')
    await processes.kill(ref, 'SIGKILL')
    expect((await ended)[1]).toBe('SIGKILL')
  })

  it('is not signalled for an earlier one that had its pid', async () => {
    const { ref } = await child('')
    await processes.kill({ ...ref, startTime: 'earlier' }, 'SIGKILL')
    expect(await processes.isAlive(ref)).toBe(true)
  })
})

describe('a process that does not run', () => {
  it.each([0, -1, 2 ** 30])('with the pid %d is not found', async (pid) => {
    expect(await processes.find(pid)).toBeUndefined()
  })

  it('is signalled with success: it is gone', async () => {
    const { ref, child: running } = await child('')
    running.kill('SIGKILL')
    await once(running, 'exit')
    await processes.kill(ref, 'SIGTERM')
    expect(await processes.isAlive(ref)).toBe(false)
  })

  it('but was not collected by its parent counts as gone', async ({ skip }) => {
    if (process.platform !== 'linux') skip('this machine has no /proc')
    // The parent is stopped while its own child ends, so that nobody collects it.
    const { child: parent } = await child(
      "const c = require('node:child_process').spawn('sleep', ['60']); console.log(c.pid)",
    )
    const pid = pidOfChild(parent)
    const ref = await processes.find(pid)
    if (!ref) throw new Error('the child of the child does not run')
    parent.kill('SIGSTOP')
    await processes.kill(ref, 'SIGKILL')
    await zombie(pid)
    expect([await processes.find(pid), await processes.isAlive(ref)]).toEqual([undefined, false])
  })
})

it('a program whose name has blanks and brackets is read right', async ({ skip }) => {
  if (process.platform !== 'linux') skip('this machine has no /proc')
  const { ref } = await child("process.title = 'a) b (c'")
  expect(readFileSync(`/proc/${String(ref.pid)}/stat`, 'utf8')).toContain('(a) b (c)')
  expect(ref.startTime).toMatch(/^\d+$/)
  expect(await processes.isAlive(ref)).toBe(true)
})

/** The one child of a process. */
function pidOfChild({ pid = 0 }: ChildProcess): number {
  const children = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8')
  return Number(children.trim().split(' ')[0])
}

/** Waits until the kernel calls the process a zombie. */
async function zombie(pid: number): Promise<void> {
  for (let turn = 0; turn < 1_000_000; turn += 1) {
    if (/\) Z /.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'))) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

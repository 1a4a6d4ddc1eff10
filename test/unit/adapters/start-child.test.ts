import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startChild } from '../../../src/adapters/start-child.js'
import type { Child } from '../../../src/ports.js'
import { eventually, runs } from '../../fakes/cli.js'

const dir = mkdtempSync(join(tmpdir(), 'labos-child-'))
const file = join(dir, 'pid')
afterAll(() => rmSync(dir, { recursive: true }))

const sh = (script: string, atTerminal = false): Promise<Child> =>
  startChild({ argv: ['sh', '-c', script], env: { FILE: file }, stdout: 'stderr', atTerminal })

describe.runIf(process.platform !== 'win32')('a command of the user’s', () => {
  it('gets what is added to its environment, and its exit is passed on', async () => {
    expect(await (await sh('test -n "$PATH" && test -n "$FILE" && exit 3')).ended).toEqual({ exitCode: 3 })
    expect(await (await sh('kill -9 $$')).ended).toEqual({ exitCode: 137, signal: 'SIGKILL' })
  })

  it('is told with all that it started', async () => {
    const child = await sh('sleep 300 & echo $! >"$FILE.new"; mv "$FILE.new" "$FILE"; wait')
    await eventually(() => readPid() !== 0)
    child.kill('SIGTERM')
    expect(await child.ended).toEqual({ exitCode: 143, signal: 'SIGTERM' })
    await eventually(() => !runs(readPid()))
  })

  it('at a terminal is in our own group, and told alone', async () => {
    rmSync(file, { force: true })
    const isInGroup = 'test "$(ps -o pgid= $$)" = "$(ps -o pgid= $PPID)"'
    const child = await sh(`${isInGroup} || exit 9; echo $$ >"$FILE"; exec sleep 300`, true)
    await eventually(() => readPid() !== 0)
    child.kill('SIGINT')
    expect(await child.ended).toEqual({ exitCode: 130, signal: 'SIGINT' })
  })

  it('that is no program is said', async () => {
    const argv = [join(dir, 'nonsuch')] as const
    await expect(startChild({ argv, env: {}, stdout: 'stderr', atTerminal: false })).rejects.toMatchObject({
      code: 'ENOENT',
    })
  })
})

function readPid(): number {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch {
    return 0
  }
}

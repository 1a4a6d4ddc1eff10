/** `labos ssh` as built, with a real SSH server, at a real terminal and without one. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { atTerminal, CTRL_C, withoutTerminals } from '../fakes/terminal.js'
import { cli, eventually, runs } from '../fakes/cli.js'
import { saveSomeLab } from '../fakes/context.js'
import { saveSshLab } from '../fakes/ssh-lab.js'
import { useSshd, whyNoSshd } from '../fakes/use-sshd.js'

const labos = cli()
const sshd = useSshd()
beforeAll(async () => {
  if (whyNoSshd() !== '') return
  const home = join(labos.home, 'labos')
  const paths = { labsDir: join(home, 'labs'), cacheDir: join(home, 'cache'), configFile: join(home, 'config.yaml') }
  await saveSshLab(paths, sshd())
  await saveSomeLab(paths, 'here')
})
afterAll(() => labos.close())

describe('without a terminal', () => {
  it('passes on what is piped, what comes out, and the exit', async () => {
    const args = ['ssh', 'one', '--', 'sh', '-c', 'cat; echo problem >&2; exit 42']
    expect(await labos.run(args, { stdin: 'from here\n' })).toEqual({
      exitCode: 42,
      stdout: 'from here\n',
      stderr: 'problem\n',
    })
  })

  it('leaves what is piped to the command where no lab is named', async () => {
    const piped = { stdin: 'from here\n', env: { LABOS_NAME: 'one' } }
    expect((await labos.run(['ssh', '--', 'cat'], piped)).stdout).toBe('from here\n')
  })

  it('gives all of it as JSON, and the exit still', async () => {
    const { exitCode, stdout } = await labos.run(['ssh', '-n', 'one', '--json', '--', 'sh', '-c', 'echo out; exit 3'])
    expect(JSON.parse(stdout)).toEqual({
      argv: ['sh', '-c', 'echo out; exit 3'],
      exitCode: 3,
      stdout: 'out\n',
      stderr: '',
    })
    expect(exitCode).toBe(3)
  })

  it('ends with whoever reads it', () => {
    const script = `node bin/run.cjs ssh one -- yes | head -n 1`
    const env = { ...process.env, LABOS_HOME: join(labos.home, 'labos') }
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8', env, timeout: 30_000 })).toBe('y\n')
  })

  it.each<[string, string[], number, RegExp]>([
    ['a shell', ['ssh', 'one'], 2, /A shell needs a terminal[\s\S]*labos ssh -- nvidia-smi/],
    ['a lab on this computer', ['ssh', 'here', '--', 'true'], 2, /runs on this computer/],
    ['a command for a lab', ['ssh', 'nvidia-smi'], 2, /no lab "nvidia-smi"/],
    ['a command without dashes', ['ssh', 'one', 'true'], 2, /usage\.flags/],
  ])('refuses %s', async (_what, args, exit, text) => {
    const { exitCode, stderr } = await labos.run(args)
    expect(stderr).toMatch(text)
    expect(exitCode).toBe(exit)
  })

  it('prints what OpenSSH takes, as a line and in fields', async () => {
    const [line, json] = [
      await labos.run(['ssh', 'one', '--print']),
      await labos.run(['ssh', 'one', '--print', '--json']),
    ]
    const script = `${line.stdout.trim()} -F /dev/null -o BatchMode=yes echo hello`
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe('hello\n')
    const { host, port, user } = sshd().place
    expect(JSON.parse(json.stdout)).toMatchObject({
      host,
      port,
      user,
      identityFile: labos.labFile('one', 'id_ed25519'),
    })
  })
})

const missing = withoutTerminals()

describe('at a terminal', () => {
  const open = (...args: string[]): ReturnType<typeof atTerminal> => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: labos.home, LABOS_HOME: join(labos.home, 'labos') }
    return atTerminal({ env }, args)
  }

  it('is a shell, whose keys and exit are its own', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const terminal = open('ssh', 'one')
    await terminal.shows(/[#$>] ?/)
    terminal.type(`sh -c 'echo "<$TERM $((40 + 2))>"; exec sleep 600'\r`)
    await terminal.shows(/<xterm 42>/)
    terminal.type(CTRL_C)
    await eventually(() => {
      terminal.type('echo "<after $((1 + 1))>"\r')
      return terminal.screen().includes('<after 2>')
    })
    terminal.type('exit 7\r')
    const { exitCode, screen } = await terminal.ended
    expect(screen).not.toContain('stopping safely')
    expect(exitCode).toBe(7)
  })

  it('has Ctrl-C end the command there', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const terminal = open('ssh', 'one', '--', 'sh', '-c', 'echo "pid $$."; exec sleep 600')
    await terminal.shows(/pid \d+\./)
    const pid = Number(/pid (\d+)\./.exec(terminal.screen())?.[1])
    expect(runs(pid)).toBe(true)
    terminal.type(CTRL_C)
    expect((await terminal.ended).exitCode).toBe(130)
    expect(runs(pid)).toBe(false)
  })

  it('makes the terminal as it was when the connection is lost', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const terminal = open('ssh', '--pty', 'one', '--', 'sh', '-c', 'echo begun; sleep 600')
    await terminal.shows(/begun/)
    await sshd().stop()
    const { exitCode, screen } = await terminal.ended
    await sshd().start()
    expect(screen).toMatch(/machine\.unreachable/)
    expect(exitCode).toBe(8)
  })
})

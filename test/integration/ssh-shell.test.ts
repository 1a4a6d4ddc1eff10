/** `labos ssh` against OpenSSH's own server. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { attachSsh } from '../../src/adapters/ssh/shell.js'
import { machineShell, opensshOf } from '../../src/flow/machine-shell.js'
import type { AttachedCommand, TerminalHere } from '../../src/ports.js'
import { eventually, runs } from '../fakes/cli.js'
import { fakeContext } from '../fakes/context.js'
import { saveSshLab } from '../fakes/ssh-lab.js'
import { tempDir } from '../fakes/temp-dir.js'
import { useSshd } from '../fakes/use-sshd.js'

const sshd = useSshd()

const never = (): AbortSignal => new AbortController().signal

interface Ran {
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: string
}

async function run(argv: AttachedCommand['argv'], stdin: Readable = Readable.from([]), signal = never()): Promise<Ran> {
  const [stdout, stderr] = [sink(), sink()]
  const exitCode = await attachSsh(sshd().place, { ...(argv ? { argv } : {}), stdin, stdout, stderr }, signal)
  return { exitCode, stdout: stdout.bytes(), stderr: stderr.bytes().toString() }
}

function sink(): Writable & { bytes(): Buffer } {
  const pieces: Buffer[] = []
  const stream = new Writable({
    write: (piece: Buffer, _encoding, done) => {
      pieces.push(piece)
      done()
    },
  })
  return Object.assign(stream, { bytes: () => Buffer.concat(pieces) })
}

describe('a command', () => {
  it('keeps its words, its exit code, and its two outputs apart', async () => {
    const words = ['a b', '', `it's`, '$HOME', 'x\\y', 'ü', '*', '-n', 'two\nlines']
    const { stdout } = await run(['printf', '%s\\0', ...words])
    expect(stdout.toString().split('\0').slice(0, -1)).toEqual(words)
    expect(await run(['sh', '-c', 'echo out; echo err >&2; exit 42'])).toEqual({
      exitCode: 42,
      stdout: Buffer.from('out\n'),
      stderr: 'err\n',
    })
    expect((await run(['no-such-program'])).exitCode).toBe(127)
    expect((await run(['sh', '-c', 'kill -TERM $$'])).exitCode).toBe(143)
  })

  it('reads what is piped to it, to the end, byte for byte', async () => {
    const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * 7919) % 256))
    const { exitCode, stdout } = await run(
      ['cat'],
      Readable.from([bytes.subarray(0, 1_000_000), bytes.subarray(1_000_000)]),
    )
    expect({ exitCode, isSame: stdout.equals(bytes) }).toEqual({ exitCode: 0, isSame: true })
  })

  it('ends though nobody has ended what it could read', async () => {
    const stdin = new PassThrough()
    expect((await run(['true'], stdin)).exitCode).toBe(0)
    expect(stdin.isPaused()).toBe(true)
  })

  it('is ended with all that it started when it is interrupted', async () => {
    const interrupt = new AbortController()
    const stdout = sink()
    const argv = ['sh', '-c', 'sleep 600 & echo $!; wait'] as const
    const over = attachSsh(
      sshd().place,
      { argv: [...argv], stdin: new PassThrough(), stdout, stderr: sink() },
      interrupt.signal,
    )
    await eventually(() => stdout.bytes().includes('\n'))
    const pid = Number(stdout.bytes())
    expect(runs(pid)).toBe(true)
    interrupt.abort(new Error('Ctrl-C'))
    expect(await over).toBe(130)
    await eventually(() => !runs(pid))
  })

  it('may end in its own way when it is interrupted', async () => {
    const interrupt = new AbortController()
    const stdout = sink()
    const argv = ['sh', '-c', `trap 'echo bye; exit 3' INT; echo ready; while :; do sleep 0.1; done`] as const
    const over = attachSsh(
      sshd().place,
      { argv: [...argv], stdin: new PassThrough(), stdout, stderr: sink() },
      interrupt.signal,
    )
    await eventually(() => stdout.bytes().includes('ready'))
    interrupt.abort(new Error('Ctrl-C'))
    expect(await over).toBe(3)
    expect(stdout.bytes().toString()).toBe('ready\nbye\n')
  })

  it('hears that nobody reads it any more', async () => {
    const stdout = new Writable({
      write: (_piece, _encoding, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
    })
    stdout.on('error', () => undefined)
    expect(
      await attachSsh(sshd().place, { argv: ['yes'], stdin: new PassThrough(), stdout, stderr: sink() }, never()),
    ).toBe(141)
  })

  it('says that the connection was lost', async () => {
    const stdout = sink()
    const argv = ['sh', '-c', 'echo ready; sleep 600'] as const
    const over = attachSsh(sshd().place, { argv: [...argv], stdin: new PassThrough(), stdout, stderr: sink() }, never())
    await eventually(() => stdout.bytes().includes('ready'))
    const [lost] = await Promise.all([over.catch((error: unknown) => error), sshd().stop()])
    expect(lost).toMatchObject({ code: 'machine.unreachable', exit: 8 })
    await sshd().start()
  })
})

/** A terminal of this size, which a test can change. */
function someTerminal(): TerminalHere & { resize(columns: number, rows: number): void; isRaw: boolean } {
  let size = { columns: 91, rows: 33 }
  let tell: () => void = () => undefined
  const terminal = {
    kind: 'xterm',
    isRaw: false,
    size: () => size,
    onResize: (listener: () => void) => {
      tell = listener
      return () => (tell = () => undefined)
    },
    raw: () => {
      terminal.isRaw = true
      return () => (terminal.isRaw = false)
    },
    resize: (columns: number, rows: number) => {
      size = { columns, rows }
      tell()
    },
  }
  return terminal
}

describe('a shell', () => {
  it('has a terminal of the same kind and size, whose keys are its own', async () => {
    const [terminal, stdin, stdout] = [someTerminal(), new PassThrough(), sink()]
    const shows = (what: RegExp): Promise<void> => eventually(() => what.test(stdout.bytes().toString()))
    const over = attachSsh(sshd().place, { stdin, stdout, stderr: sink(), terminal }, never())
    stdin.write('echo "<$TERM $(stty size)>"\n')
    await shows(/<xterm 33 91>/)
    expect(terminal.isRaw).toBe(true)
    terminal.resize(120, 50)
    await eventually(() => {
      stdin.write('echo "<$(stty size)>"\n')
      return stdout.bytes().includes('<50 120>')
    })
    stdin.write(`sh -c 'echo "<begun $((1 + 1))>"; exec sleep 600'\n`)
    await shows(/<begun 2>/)
    stdin.write('\u0003')
    await eventually(() => {
      stdin.write('echo "<after $((1 + 1))>"\n')
      return stdout.bytes().includes('<after 2>')
    })
    stdin.write('exit 7\n')
    expect(await over).toBe(7)
    expect(terminal.isRaw).toBe(false)
  })

  it('is left by its keys, and by a signal', async () => {
    const [terminal, stdin] = [someTerminal(), new PassThrough()]
    const over = attachSsh(sshd().place, { stdin, stdout: sink(), stderr: sink(), terminal }, never())
    stdin.write('sleep 600\r~.')
    expect(await over).toBe(130)
    const end = new AbortController()
    const stdout = sink()
    const other = attachSsh(
      sshd().place,
      { argv: ['sh', '-c', 'echo $$; sleep 600'], stdin: new PassThrough(), stdout, stderr: sink(), terminal },
      end.signal,
    )
    await eventually(() => stdout.bytes().includes('\n'))
    end.abort(new Error('SIGTERM'))
    await expect(other).rejects.toThrow('SIGTERM')
    await eventually(() => !runs(Number(stdout.bytes())))
    expect(terminal.isRaw).toBe(false)
  })
})

describe('of a lab', () => {
  const pathsIn = (dir: string): Parameters<typeof opensshOf>[1]['paths'] => ({
    labsDir: join(dir, 'la bs 100%h'),
    cacheDir: join(dir, 'cache'),
    configFile: join(dir, 'config.yaml'),
  })

  it('the command line of OpenSSH works, wherever labos keeps its things', async () => {
    const paths = pathsIn(tempDir())
    await saveSshLab(paths, sshd())
    const { argv, knownHostsFile, host, port } = await opensshOf('one', { paths, env: {} })
    expect(readFileSync(knownHostsFile, 'utf8')).toContain(`[${host}]:${String(port)} ssh-ed25519 AAAA`)
    const [program = '', ...args] = argv
    const child = execFile(program, ['-F', '/dev/null', '-o', 'BatchMode=yes', ...args, 'echo', 'hello'])
    child.stdin?.end()
    const [said, complained] = await Promise.all(
      [child.stdout, child.stderr].map((stream) => text(stream ?? Readable.from([]))),
    )
    expect({ said, complained }).toEqual({ said: 'hello\n', complained: '' })
  })

  it('the pinned key is asked for', async () => {
    const paths = pathsIn(tempDir())
    const { host, port, user } = sshd().place
    await saveSshLab(paths, sshd(), { ssh: { host, port, user, hostKeys: [sshd().userKey.publicKey] } })
    const command = { argv: ['true'] as [string], stdin: Readable.from([]), stdout: sink(), stderr: sink() }
    await expect(machineShell('one', command, { ...fakeContext(), paths, attachSsh }, never())).rejects.toMatchObject({
      code: 'ssh.hostkey',
    })
  })
})

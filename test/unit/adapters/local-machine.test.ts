import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { localMachine } from '../../../src/adapters/local-machine.js'
import { tempDir } from '../../fakes/temp-dir.js'

const machine = localMachine()
const node = (script: string, ...args: string[]) => [process.execPath, '-e', script, ...args] as const
const posix = process.platform !== 'win32'

describe('run', () => {
  it('gives both outputs and the exit code', async () => {
    expect(await machine.run({ argv: node('console.log("out"); console.error("err"); process.exit(3)') })).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    })
  })

  it('passes arguments as they are: no shell reads them', async () => {
    const { stdout } = await machine.run({ argv: node('console.log(process.argv[1])', '$HOME; rm "x" `y` * |') })
    expect(stdout).toBe('$HOME; rm "x" `y` * |\n')
  })

  it('calls for whole lines, also for one without an end', async () => {
    const lines: string[] = []
    const script = 'process.stdout.write("a\\nb\\r\\n\\nlast"); process.stdout.write(" line")'
    await machine.run({ argv: node(script), onLine: (line) => void lines.push(line) })
    expect(lines).toEqual(['a', 'b', '', 'last line'])
  })

  it('keeps the end of a long output and does not end the program for it', async () => {
    const script = 'process.stdout.write("x".repeat(3e6)); process.stdout.write("the end", () => process.exit(0))'
    const { exitCode, stdout } = await machine.run({ argv: node(script) })
    expect(exitCode).toBe(0)
    expect(stdout).toHaveLength(1_000_000)
    expect(stdout.endsWith('the end')).toBe(true)
  })

  it('adds to the environment, removes from it, and takes nothing from this process', async () => {
    const show =
      'console.log(JSON.stringify([process.env.KEPT, process.env.ADDED, process.env.GONE, process.env.HOME]))'
    const { stdout } = await localMachine({ PATH: process.env['PATH'], KEPT: 'k', GONE: 'g' }).run({
      argv: node(show),
      env: { ADDED: 'a', GONE: undefined },
    })
    expect(JSON.parse(stdout)).toEqual(['k', 'a', null, null])
  })

  it('runs in the folder that is named', async () => {
    const dir = tempDir()
    await machine.run({ argv: node('require("fs").writeFileSync("here", "")'), cwd: dir })
    expect(existsSync(join(dir, 'here'))).toBe(true)
  })

  it('rejects when the program cannot be started', async () => {
    await expect(machine.run({ argv: ['/nowhere/labos-none'] })).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it.runIf(posix)('never takes an end by signal for success', async () => {
    const result = await machine.run({
      argv: node('process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000)'),
    })
    expect(result.exitCode).toBe(137)
  })

  it('starts nothing when the signal is aborted already', async () => {
    const dir = tempDir()
    const argv = node('require("fs").writeFileSync(process.argv[1], "")', join(dir, 'ran'))
    await expect(machine.run({ argv }, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop')
    expect(existsSync(join(dir, 'ran'))).toBe(false)
  })

  it('ends the program and what that started when the signal aborts', async () => {
    const pidFile = join(tempDir(), 'pid')
    const script = `
      const child = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
      require('fs').writeFileSync(process.argv[1], String(child.pid))
      console.log('ready')
      setInterval(() => {}, 1000)`
    const stop = new AbortController()
    const onLine = (): void => stop.abort(new Error('enough'))
    await expect(machine.run({ argv: node(script, pidFile), onLine }, stop.signal)).rejects.toThrow('enough')
    // The signal is sent when run() rejects; the system needs a moment to act on it.
    await vi.waitFor(() => expect(isRunning(Number(readFileSync(pidFile, 'utf8')))).toBe(false))
  })
})

describe('which', () => {
  it('finds the first program on PATH, and only what can be run', async () => {
    const [first, second] = [join(tempDir(), 'a'), join(tempDir(), 'b')]
    const name = posix ? 'tool' : 'tool.cmd'
    mkdirSync(join(first, name), { recursive: true }) // a folder of that name is no program
    mkdirSync(second)
    writeFileSync(join(second, name), '')
    chmodSync(join(second, name), 0o755)
    const { which } = localMachine({ PATH: ['', first, second].join(delimiter), PATHEXT: '.CMD' })
    expect((await which('tool'))?.toLowerCase()).toBe(join(second, name).toLowerCase())
    expect(await which('other')).toBeUndefined()
  })

  it.runIf(posix)('takes a path as it is, whatever PATH holds', async () => {
    const [dir, file] = [tempDir(), 'tool']
    writeFileSync(join(dir, file), '', { mode: 0o755 })
    const { which } = localMachine({ PATH: dir })
    expect(await which(join(dir, file))).toBe(join(dir, file))
    expect(await which(`./${file}`)).toBeUndefined()
  })

  it.runIf(posix)('passes over a file that may not be run', async () => {
    const dir = tempDir()
    writeFileSync(join(dir, 'tool'), '', { mode: 0o644 })
    expect(await localMachine({ PATH: dir }).which('tool')).toBeUndefined()
    expect(await localMachine({}).which('tool')).toBeUndefined()
  })
})

describe('dial', () => {
  it('connects to a loopback port, and puts a refusal on the stream', async () => {
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const said: Buffer[] = []
    for await (const piece of machine.dial(port)) said.push(piece as Buffer)
    expect(Buffer.concat(said).toString()).toBe('hello')
    await new Promise((resolve) => server.close(resolve))
    const refused = await new Promise((resolve) => machine.dial(port).once('error', resolve))
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' })
  })
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  // Ended, but not yet fetched by its new parent: a zombie does not run.
  return !existsSync(`/proc/${String(pid)}/stat`) || !/\) [ZX]/.test(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'))
}

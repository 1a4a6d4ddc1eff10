import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { engineHome, findEngine } from '../../../../src/adapters/pulumi/find-engine.js'
import { tempDir } from '../../../fakes/temp-dir.js'

/** A program that says that version, and counts how often it was asked. */
function program(dir: string, version: string): string {
  mkdirSync(dir, { recursive: true })
  const path = join(dir, 'pulumi')
  writeFileSync(path, `#!/bin/sh\necho asked >>"${path}.asked"\necho "${version}"\n`)
  chmodSync(path, 0o755)
  return path
}

const timesAsked = (path: string): number => readFileSync(`${path}.asked`, 'utf8').trim().split('\n').length

describe("Pulumi's command line tool", () => {
  it('is the first on PATH that is new enough', async () => {
    const home = tempDir()
    program(join(home, 'old'), 'v3.100.0')
    const good = program(join(home, 'new'), 'v3.259.0')
    const PATH = [join(home, 'nothing'), join(home, 'old'), join(home, 'new')].join(':')
    expect(await findEngine({ PATH }, join(home, 'cache'))).toEqual({ command: good, version: '3.259.0' })
  })

  it("is the one in labos's cache where PATH has none", async () => {
    const cache = tempDir()
    const own = program(join(engineHome(cache), 'bin'), 'v3.259.0')
    expect((await findEngine({ PATH: '/nowhere' }, cache))?.command).toBe(own)
  })

  it('is undefined where there is none', async () => {
    expect(await findEngine({ PATH: '/nowhere' }, tempDir())).toBeUndefined()
    expect(await findEngine({}, tempDir())).toBeUndefined()
  })

  it('is asked for its version once, and again when it has changed', async () => {
    const [dir, cache] = [tempDir(), tempDir()]
    const path = program(dir, 'v3.259.0')
    await findEngine({ PATH: dir }, cache)
    await findEngine({ PATH: dir }, cache)
    expect(timesAsked(path)).toBe(1)
    program(dir, 'v3.260.0 ')
    expect((await findEngine({ PATH: dir }, cache))?.version).toBe('3.260.0')
  })

  it('is the one that LABOS_PULUMI names, and no other', async () => {
    const [dir, cache] = [tempDir(), tempDir()]
    const path = program(dir, 'v3.206.1')
    const other = tempDir()
    program(other, 'v3.259.0')
    expect((await findEngine({ LABOS_PULUMI: path, PATH: other }, cache))?.version).toBe('3.206.1')
  })

  it.each([
    ['is not there', '/nowhere/pulumi', /not Pulumi's command line tool/],
    ['is too old', undefined, /is Pulumi 3\.100\.0; labos needs 3\.205/],
  ])('that LABOS_PULUMI names and that %s is refused', async (_, named, text) => {
    const [dir, cache] = [tempDir(), tempDir()]
    const LABOS_PULUMI = named ?? program(dir, 'v3.100.0')
    await expect(findEngine({ LABOS_PULUMI }, cache)).rejects.toMatchObject({
      code: 'pulumi.missing',
      message: expect.stringMatching(text) as unknown,
    })
  })

  it('that answers nonsense is passed over', async () => {
    const dir = tempDir()
    program(dir, 'hello')
    expect(await findEngine({ PATH: dir }, tempDir())).toBeUndefined()
  })
})

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chooseLab } from '../../../src/flow/choose-lab.js'
import type { Prompt } from '../../../src/ports.js'
import type { Paths } from '../../../src/state/paths.js'
import { tempDir } from '../../fakes/temp-dir.js'

function withLabs(...names: string[]): Paths {
  const dir = tempDir()
  const labsDir = join(dir, 'labs')
  for (const name of names) mkdirSync(join(labsDir, name), { recursive: true })
  return { labsDir, cacheDir: join(dir, 'cache'), configFile: join(dir, 'config.yaml') }
}

/** Picks the last of what it is offered. */
function picker(): { readonly prompt: Prompt; readonly asked: string[] } {
  const asked: string[] = []
  const prompt: Prompt = {
    confirm: () => Promise.reject(new Error('nothing is to be confirmed')),
    select: async (question, choices) => {
      asked.push(`${question} ${choices.map(({ name }) => name).join(' ')}`)
      const last = choices.at(-1)
      if (!last) throw new Error('there is no choice')
      return last.value
    },
  }
  return { prompt, asked }
}

describe('the lab of a command', () => {
  it('is the one named', async () => {
    expect(await chooseLab('b', { paths: withLabs('a', 'b') })).toBe('b')
  })

  it('is the only one there is, without a question', async () => {
    const { prompt, asked } = picker()
    expect(await chooseLab(undefined, { paths: withLabs('a'), prompt })).toBe('a')
    expect(asked).toEqual([])
  })

  it('is picked at the terminal among several', async () => {
    const { prompt, asked } = picker()
    expect(await chooseLab(undefined, { paths: withLabs('b', 'a'), prompt })).toBe('b')
    expect(asked).toEqual(['Which lab? a b'])
  })

  it('is never a lock or another hidden entry, nor a file', async () => {
    const paths = withLabs('a', '.b')
    writeFileSync(join(paths.labsDir, '.a.lock'), '{}')
    writeFileSync(join(paths.labsDir, 'notes'), '')
    expect(await chooseLab(undefined, { paths })).toBe('a')
  })

  it('among several without a terminal is refused with their names', async () => {
    await expect(chooseLab(undefined, { paths: withLabs('b', 'a') })).rejects.toMatchObject({
      code: 'lab.ambiguous',
      message: 'There are 2 labs: a, b.',
      suggestions: ['Name one, for example `--name a`.'],
    })
  })
})

describe('a lab that is not there', () => {
  it.each([
    [undefined, [], 'There is no lab.', 'Start one: `labos up smollm2`.'],
    ['x', [], 'There is no lab "x"; there is none at all.', 'Start one: `labos up smollm2`.'],
    ['smolm2', ['other', 'smollm2'], 'There is no lab "smolm2".', 'Did you mean smollm2?'],
    ['zzz', ['mine', 'yours'], 'There is no lab "zzz".', 'There are: mine, yours.'],
  ])('named %j among %j', async (name, names, message, first) => {
    await expect(chooseLab(name, { paths: withLabs(...names) })).rejects.toMatchObject({
      code: 'lab.unknown',
      message,
      suggestions: expect.arrayContaining([first]) as string[],
    })
  })

  it('because its name can be none is refused as a name', async () => {
    await expect(chooseLab('../a', { paths: withLabs('a') })).rejects.toMatchObject({ code: 'usage.name' })
  })
})

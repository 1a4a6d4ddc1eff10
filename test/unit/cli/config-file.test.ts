import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { applyConfig, changeConfig, readConfig, settings } from '../../../src/cli/config-file.js'
import { tempDir } from '../../fakes/temp-dir.js'

function file(content?: string): string {
  const path = join(tempDir(), 'config.yaml')
  if (content !== undefined) writeFileSync(path, content)
  return path
}

describe('config.yaml', () => {
  it.each([undefined, '', '\n  \n', '# port: 1\n'])('of content %j sets nothing', async (content) => {
    expect(await readConfig(file(content))).toEqual({})
  })

  it('below a path that is a file sets nothing either', async () => {
    expect(await readConfig(join(file('x'), 'config.yaml'))).toEqual({})
  })

  it('holds every setting, as text, whatever YAML makes of it', async () => {
    const content = 'model: smollm2\nprovider: local\nengine: llama.cpp\nport: 0\ncontext: 4096\nttl: 2h\nidle: "30m"\n'
    const values = await readConfig(file(content))
    expect(values).toEqual({
      model: 'smollm2',
      provider: 'local',
      engine: 'llama.cpp',
      port: '0',
      context: '4096',
      ttl: '2h',
      idle: '30m',
    })
    expect(Object.keys(values)).toEqual(Object.keys(settings))
  })

  it.each([
    ['modle: x', 'There is no setting "modle"'],
    ['constructor: x', 'There is no setting "constructor"'],
    ['provider: gcp', '"gcp" is not one of aws, local'],
    ['engine: vllm', '"vllm" is not one of llama.cpp, ollama'],
    ['port: 65536', '"65536" is not a whole number from 0 to 65535'],
    ['port: -1', '"-1" is not a whole number'],
    ['port: 84.5', '"84.5" is not a whole number'],
    ['context: 255', '"255" is not a context length'],
    ['ttl: soon', '"soon" is not a length of time'],
    ['idle: 5', '"5" is not a length of time'],
    ['- model', 'is not a list of `name: value` lines'],
    ['just words', 'is not a list of `name: value` lines'],
    ['port: [', 'config.yaml: '],
    ['port: 1\nport: 2', 'config.yaml: '],
    ['model: a: b', 'config.yaml: '],
  ])('that says %j is refused with its path and why', async (content, why) => {
    const path = file(content)
    await expect(readConfig(path)).rejects.toMatchObject({
      code: 'usage.config',
      exit: 2,
      message: expect.stringContaining(why) as string,
    })
    await expect(readConfig(path)).rejects.toThrow(path)
    expect(readFileSync(path, 'utf8')).toBe(content)
  })

  it('that is a folder cannot be read', async () => {
    const path = file()
    mkdirSync(path)
    await expect(readConfig(path)).rejects.toMatchObject({
      code: 'usage.config',
      message: `${path} cannot be read (EISDIR).`,
    })
  })
})

describe('what config.yaml sets', () => {
  it('is a default: a variable that is there wins', async () => {
    const env = { LABOS_PORT: '9000', LABOS_TTL: undefined }
    await applyConfig(file('port: 8000\nttl: 2h\nmodel: smollm2\n'), env)
    expect(env).toEqual({ LABOS_PORT: '9000', LABOS_TTL: '2h', LABOS_MODEL: 'smollm2' })
  })

  it('is all or nothing', async () => {
    const env = {}
    await expect(applyConfig(file('model: smollm2\nport: no\n'), env)).rejects.toMatchObject({ code: 'usage.config' })
    expect(env).toEqual({})
  })
})

describe('a change of config.yaml', () => {
  it('makes the file, for its owner alone, and its folder', async () => {
    const path = join(tempDir(), 'deep', 'config.yaml')
    await changeConfig(path, 'port', '9000')
    expect(await readConfig(path)).toEqual({ port: '9000' })
    expect(statSync(path).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o600)
  })

  it('keeps comments, order and the other settings', async () => {
    const path = file('# mine\nmodel: smollm2 # small\nport: 1\nttl: 2h\n')
    await changeConfig(path, 'port', '9000')
    const [first, second, third, last] = readFileSync(path, 'utf8').split('\n')
    expect([first, second, last]).toEqual(['# mine', 'model: smollm2 # small', 'ttl: 2h'])
    expect(third).toMatch(/^port: "?9000"?$/)
  })

  it('takes a setting out; without the last the file is empty', async () => {
    const path = file('model: smollm2\nport: 1\n')
    await changeConfig(path, 'port', undefined)
    expect(readFileSync(path, 'utf8')).toBe('model: smollm2\n')
    await changeConfig(path, 'model', undefined)
    expect(readFileSync(path, 'utf8')).toBe('')
    await changeConfig(path, 'model', undefined)
    expect(await readConfig(path)).toEqual({})
  })

  it('is how a wrong setting is taken out', async () => {
    const path = file('modle: x\nport: 1\n')
    await changeConfig(path, 'modle', undefined)
    expect(await readConfig(path)).toEqual({ port: '1' })
  })

  it('survives being read back, whatever the value', async () => {
    const path = file()
    for (const model of ['true', 'null', '0x10', '1e3', '# no comment', 'a: b', "it's", '"quoted"', ' blank ']) {
      await changeConfig(path, 'model', model)
      expect(await readConfig(path)).toEqual({ model })
    }
  })

  it.each([
    ['port', 'high', '"high" is not a whole number'],
    ['prot', '1', 'There is no setting "prot"'],
  ])('of %s to %s is refused and changes nothing', async (name, value, why) => {
    const path = file('model: smollm2\n')
    await expect(changeConfig(path, name, value)).rejects.toMatchObject({
      code: 'usage.value',
      message: expect.stringContaining(why) as string,
    })
    expect(readFileSync(path, 'utf8')).toBe('model: smollm2\n')
  })

  it('suggests the setting that is alike, or lists them', async () => {
    await expect(changeConfig(file(), 'prot', '1')).rejects.toMatchObject({ suggestions: ['Did you mean port?'] })
    await expect(changeConfig(file(), 'zzzzz', '1')).rejects.toMatchObject({
      suggestions: ['Settings: model, provider, engine, port, context, ttl, idle.'],
    })
  })

  it.each(['port: [\n', '- a\n- b\n', 'only words\n'])('of a file that holds %j changes nothing', async (content) => {
    const path = file(content)
    await expect(changeConfig(path, 'port', '1')).rejects.toMatchObject({ code: 'usage.config' })
    expect(readFileSync(path, 'utf8')).toBe(content)
  })
})

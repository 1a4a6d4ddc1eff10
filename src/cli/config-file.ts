/** config.yaml: defaults for flags. Read before the flags are, written by `labos config`. */
import { readFile } from 'node:fs/promises'
import { systemCode } from '../errors/from-system.js'
import { LabosError } from '../errors/labos-error.js'
import { nearest } from '../plan/find-model.js'
import { writeAtomic } from '../state/atomic.js'
import { parseDuration } from './duration.js'
import type { Env } from './env.js'
import { parseTokens } from './numbers.js'

interface Setting {
  /** Variable that stands for the same thing. */
  readonly env: string
  readonly description: string
  /** Throws `usage.value` for a value that cannot be. */
  check(text: string): void
}

const oneOf =
  (...choices: string[]) =>
  (text: string): void => {
    if (!choices.includes(text)) throw badValue(text, `one of ${choices.join(', ')}`)
  }

const wholeNumber =
  (min: number, max: number) =>
  (text: string): void => {
    if (!/^\d+$/.test(text) || Number(text) < min || Number(text) > max)
      throw badValue(text, `a whole number from ${String(min)} to ${String(max)}`)
  }

const duration = (text: string): void => {
  parseDuration(text)
}

const limit = (text: string): void => {
  if (text.trim().toLowerCase() !== 'none') duration(text)
}

const tokens = (text: string): void => {
  parseTokens(text)
}

/** What config.yaml may hold. Each is a flag of `labos up` with the same name. */
export const settings: Readonly<Record<string, Setting>> = {
  model: {
    env: 'LABOS_MODEL',
    description: 'Model that `labos up` starts when none is named.',
    check: () => undefined,
  },
  provider: {
    env: 'LABOS_PROVIDER',
    description: 'Where machines come from: aws or local.',
    check: oneOf('aws', 'local'),
  },
  engine: {
    env: 'LABOS_ENGINE',
    description: 'What serves the model: llama.cpp or ollama.',
    check: oneOf('llama.cpp', 'ollama'),
  },
  port: {
    env: 'LABOS_PORT',
    description: 'Loopback port of the endpoint; 0 = any free one.',
    check: wholeNumber(0, 65_535),
  },
  context: { env: 'LABOS_CONTEXT', description: 'Context length in tokens.', check: tokens },
  ttl: { env: 'LABOS_TTL', description: 'The lab ends after this long: 2h.', check: duration },
  idle: { env: 'LABOS_IDLE', description: 'The lab ends after this long without a request: 30m.', check: limit },
}

const badValue = (text: string, expected: string): LabosError =>
  new LabosError('usage.value', `"${text}" is not ${expected}.`, { suggestions: [`Give ${expected}.`] })

/** The values in the file, checked. No file is an empty one. Throws `usage.config`. */
export async function readConfig(path: string): Promise<Record<string, string>> {
  const text = await readText(path)
  if (text.trim() === '') return {}
  const { parse } = await import('../adapters/yaml.js')
  const values: Record<string, string> = {}
  try {
    for (const [name, value] of Object.entries(checkShape(parse(text), text))) {
      settingNamed(name).check(String(value))
      values[name] = String(value)
    }
  } catch (error) {
    throw unusable(path, error)
  }
  return values
}

/** A file of comments alone sets nothing. */
function checkShape(parsed: unknown, text: string): object {
  if (parsed === null) return {}
  if (typeof parsed === 'object' && !Array.isArray(parsed)) return parsed
  throw badValue(text.slice(0, 40).trim(), 'a list of `name: value` lines')
}

const unusable = (path: string, error: unknown): LabosError =>
  new LabosError('usage.config', `${path}: ${error instanceof Error ? error.message : String(error)}`, {
    suggestions: [
      'Mend that line; `labos config` lists what the file may hold.',
      'Or take the setting out: `labos config unset NAME`.',
    ],
    cause: error,
  })

/** A setting by name. Throws `usage.value` with names that look alike. */
export function settingNamed(name: string): Setting {
  const setting = Object.hasOwn(settings, name) ? settings[name] : undefined
  if (setting) return setting
  const [alike] = nearest(name, Object.keys(settings))
  throw new LabosError('usage.value', `There is no setting "${name}".`, {
    suggestions: [alike === undefined ? `Settings: ${Object.keys(settings).join(', ')}.` : `Did you mean ${alike}?`],
  })
}

/** Makes the file's values the defaults of their variables: file < environment < flag falls out of it. */
export async function applyConfig(path: string, env: Env): Promise<void> {
  for (const [name, value] of Object.entries(await readConfig(path))) env[settingNamed(name).env] ??= value
}

/** Sets or (with undefined) removes one value; order and the comments of the others stay. Throws `usage.config`, `usage.value`. */
export async function changeConfig(path: string, name: string, value: string | undefined): Promise<void> {
  const { parseDocument } = await import('../adapters/yaml.js')
  const text = await readText(path)
  const document = parseDocument(text || '{}')
  try {
    const [broken] = document.errors
    if (broken) throw broken
    checkShape(document.toJS(), text)
  } catch (error) {
    throw unusable(path, error)
  }
  if (value === undefined) document.delete(name)
  else {
    settingNamed(name).check(value)
    document.set(name, value)
  }
  if (document.contents && 'flow' in document.contents) document.contents.flow = false
  const isEmpty = Object.keys((document.toJS() ?? {}) as object).length === 0
  await writeAtomic(path, isEmpty ? '' : String(document))
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return ''
    throw new LabosError('usage.config', `${path} cannot be read (${systemCode(error) ?? 'unknown reason'}).`, {
      suggestions: ['Make it readable, or remove it.'],
      cause: error,
    })
  }
}

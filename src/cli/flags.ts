/** Flags that several commands share, and values that people type. */
import { Args, Flags } from '@oclif/core'
import { parseDuration } from './duration.js'
import { parseTokens, parseUsd } from './numbers.js'

export const nameFlag = Flags.string({
  char: 'n',
  env: 'LABOS_NAME',
  description: 'Which lab; not needed while there is only one.',
})

export const labArg = Args.string({ name: 'LAB', description: 'Which lab; not needed while there is only one.' })

export const duration = Flags.custom<number>({ parse: (text) => Promise.resolve(parseDuration(text)) })
/** A length of time that can be `none`: 0 then. */
export const limit = Flags.custom<number>({
  parse: (text) => Promise.resolve(text.trim().toLowerCase() === 'none' ? 0 : parseDuration(text)),
})
export const tokens = Flags.custom<number>({ parse: (text) => Promise.resolve(parseTokens(text)) })
export const usd = Flags.custom<number>({ parse: (text) => Promise.resolve(parseUsd(text)) })

/** Several values: the flag again, or commas. */
export const list = { multiple: true as const, delimiter: ',' as const }

/** What such a flag holds. From a variable oclif gives the text as it is. */
export const listed = (value: readonly string[] | string | undefined): readonly string[] =>
  (typeof value === 'string' ? value.split(',') : (value ?? []))
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** Only what was given: the fields that are not undefined. */
export const given = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }

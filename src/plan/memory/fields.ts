/** Reads numbers out of a `config.json` that anybody may have written; what is missing or malformed is noted, never guessed. */
export interface Fields {
  /** A whole number from 1 to `most` under the first of `keys` that is there; 1 when none is, noted as missing. */
  count(keys: readonly string[], most: number): number
  /** The same where absence means something: `preset` when the key is absent or null. */
  countOr<T>(key: string, preset: T, most: number): number | T
  /** What was missing or malformed, in words. */
  readonly missing: readonly string[]
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function fieldsOf(config: Readonly<Record<string, unknown>>): Fields {
  const missing: string[] = []
  const read = (key: string, most: number): number | undefined => {
    const value = Object.hasOwn(config, key) ? config[key] : undefined
    if (value === undefined || value === null) return undefined
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value
    missing.push(`${key} is ${shown(value)}, not a whole number from 1 to ${String(most)}`)
    return 1
  }
  return {
    missing,
    count: (keys, most) => {
      for (const key of keys) {
        const value = read(key, most)
        if (value !== undefined) return value
      }
      missing.push(`no ${keys.join(' or ')}`)
      return 1
    },
    countOr: (key, preset, most) => read(key, most) ?? preset,
  }
}

const shown = (value: unknown): string => (JSON.stringify(value) as string | undefined)?.slice(0, 40) ?? typeof value

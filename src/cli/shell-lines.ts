import { quoted } from '../adapters/ssh/command-line.js'

export const shells = ['sh', 'fish', 'powershell', 'cmd'] as const
export type Shell = (typeof shells)[number]

/** Assignments in a shell's own syntax. Values are URLs, keys and names: quoted, whatever is in them. */
export function shellLines(shell: Shell, values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => lineFor[shell](name, value))
    .join('\n')
}

const lineFor: Readonly<Record<Shell, (name: string, value: string) => string>> = {
  sh: (name, value) => `export ${name}='${value.replaceAll("'", String.raw`'\''`)}'`,
  fish: (name, value) => `set -gx ${name} '${value.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`,
  powershell: (name, value) => `$env:${name} = '${value.replaceAll("'", "''")}'`,
  cmd: (name, value) => `set "${name}=${value}"`,
}

/** A command to paste into a shell. */
export const commandLineOf = (argv: readonly string[]): string => argv.map(quoted).join(' ')

/** What oclif's parser says of a command line, in words of a user's. */
import { LabosError } from '../errors/labos-error.js'
import { nearest } from '../plan/find-model.js'

/** What oclif's errors carry, each some of it. Its types do not export them, and promise suggestions that are not there. */
interface Parsed {
  readonly message: string
  readonly suggestions?: readonly string[] | undefined
  readonly args?: readonly unknown[]
  readonly flags?: readonly string[]
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, unknown>> } }
}

const HELP = 'See what it takes: add `--help`.'

export function usageError({ message, suggestions = [], args = [], flags = [], parse }: Parsed): LabosError {
  const known = Object.keys(parse?.input?.flags ?? {})
  const alike = flags.flatMap((flag) => nearest(flag.replace(/^-+/, ''), known)[0] ?? [])
  const asksNothing = flags.some((flag) => /^(?:--yes|-y)$/.test(flag))
    ? ['Leave it out: this command asks nothing.']
    : []
  const hints = [
    ...asksNothing,
    ...suggestions.filter((text) => text !== ''),
    ...alike.map((flag) => `Did you mean \`--${flag}\`?`),
  ]
  const [hint, ...others] = hints
  const all = hint === undefined ? ([HELP] as const) : ([hint, ...others, HELP] as const)
  return new LabosError('usage.flags', inOurWords(message, args), { suggestions: all })
}

function inOurWords(message: string, args: readonly unknown[]): string {
  const text = message
    .replace(/\n*See more help with --help\s*$/, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ')
    .replace(/^The following errors? occurred: /, '')
  if (text === '') return 'The command line is not understood.'
  if (/^Missing \d+ required arg/.test(text)) return missing(args) ?? text
  const rule = RULES.find(([pattern]) => pattern.test(text))
  return rule ? text.replace(...rule) : text
}

const RULES: readonly (readonly [RegExp, string])[] = [
  [/^Nonexistent flags?: (.+)$/, 'There is no flag $1 here.'],
  [/^Flag (--\S+) expects a value$/, '$1 needs a value.'],
  [/^Missing required flag ([\w-]+)$/, '--$1 is needed.'],
  [/^Unexpected arguments?: (.+)$/, 'There is a word too many: $1.'],
  [/^Parsing (--\S+) Expected an integer( .*?)? but received: (.*)$/, '$1 takes a whole number$2, not "$3".'],
  [/^Expected (--[\w-]+)=(.*) to be one of: (.+)$/, '$1 is one of $3, not "$2".'],
  [/^Expected (.*) to be one of: (.+)$/, '"$1" is none of $2.'],
  [/^(--[\w-]+)=(?:.*) cannot also be provided when using (--[\w-]+)$/, '$1 and $2 exclude each other.'],
]

/** `DURATION is missing: how much later: 30m, 2h.` */
function missing(args: readonly unknown[]): string | undefined {
  const sentences = args.flatMap((arg) => {
    const { name, description = '' } = arg as { readonly name?: string; readonly description?: string }
    return name === undefined ? [] : [`${name.toUpperCase()} is missing: ${description}`]
  })
  return sentences.length === 0 ? undefined : sentences.join(' ')
}

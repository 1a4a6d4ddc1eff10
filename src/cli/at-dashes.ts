/** What is ours of a command line, and what stands after its first `--`; undefined where there is none. */
export function splitAtDashes(argv: readonly string[]): {
  readonly words: readonly string[]
  readonly command: readonly string[] | undefined
} {
  const at = argv.indexOf('--')
  return at < 0 ? { words: argv, command: undefined } : { words: argv.slice(0, at), command: argv.slice(at + 1) }
}

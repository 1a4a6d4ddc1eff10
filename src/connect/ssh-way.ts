/** The command that OpenSSH's own client would go through to a host it does not reach itself. Pure. */

export interface WayWish {
  readonly host: string
  readonly port: number
  readonly user: string
  /** As it was asked for. */
  readonly target: string
  /** The hosts between, comma between each (`ProxyJump`), or a command line (`ProxyCommand`). */
  readonly jumps?: string
  readonly command?: string
}

/**
 * A line for the shell, whose standard input and output are the host's SSH server; undefined where no other host lies between.
 * Asks nothing: who goes there has no terminal.
 */
export function wayTo({ host, port, user, target, jumps, command }: WayWish): string | undefined {
  if (command !== undefined) {
    const values: Readonly<Record<string, string>> = { '%': '%', h: host, p: String(port), r: user, n: target }
    return command.replaceAll(/%([%hprn])/g, (whole, letter: string) => values[letter] ?? whole)
  }
  const hops = (jumps ?? '').split(',').filter((hop) => hop !== '')
  const last = hops.at(-1)
  if (last === undefined) return undefined
  const before = hops.length > 1 ? ['-J', hops.slice(0, -1).join(',')] : []
  const at = host.includes(':') ? `[${host}]` : host
  return ['ssh', '-o', 'BatchMode=yes', ...before, '-W', `${at}:${String(port)}`, uriOf(last)].join(' ')
}

/** OpenSSH takes a port from this spelling alone. */
const uriOf = (hop: string): string => (hop.startsWith('ssh://') ? hop : `ssh://${hop}`)

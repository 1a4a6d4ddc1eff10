/** A host as users name it: `[user@]host[:port]`. Pure. */
import { LabosError } from '../../errors/labos-error.js'

interface Target {
  readonly user?: string
  readonly host: string
  readonly port?: number
}

/** User, host, port. An IPv6 address with a port stands in brackets. */
const TARGET =
  /^(?:([^@\s]+)@)?(?:\[([0-9a-f:.]+)\]|([^-@:\s[\]][^@:\s[\]]*)|([0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*))(?::(\d{1,5}))?$/i

/** `[user@]host[:port]`. Throws `usage.value`. */
export function parseTarget(target: string): Target {
  const [, user, bracketed, named, bare, digits] = TARGET.exec(target) ?? []
  const host = bracketed ?? named ?? bare
  const port = digits === undefined ? undefined : Number(digits)
  if (host === undefined || (port !== undefined && !isPort(port)))
    throw new LabosError('usage.value', `"${target}" is not a host to log in to.`, {
      suggestions: ['It looks like `--host user@box` or `--host user@box:2222`.'],
    })
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) }
}

const isPort = (port: number): boolean => port >= 1 && port <= 65_535

/** A command with OpenSSH's client, which takes the port as a flag: `ssh -p 2222 ada@box uname -a`. */
export function opensshLine(target: string, command?: string): string {
  const { user, host, port } = parseTarget(target)
  const at = user === undefined ? host : `${user}@${host}`
  return ['ssh', ...(port === undefined ? [] : ['-p', String(port)]), at, command]
    .filter((word) => word !== undefined)
    .join(' ')
}

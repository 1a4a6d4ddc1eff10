import { LabosError } from '../errors/labos-error.js'
import type { PortPair } from '../ports.js'

/** `8080:3000` (local, remote) or `3000` for both. Throws `usage.value`. */
export function parseForward(text: string): PortPair {
  const [, local, remote = local] = /^(\d{1,5})(?::(\d{1,5}))?$/.exec(text.trim()) ?? []
  const [localPort, remotePort] = [Number(local), Number(remote)]
  if (local !== undefined && localPort <= LARGEST && remotePort >= 1 && remotePort <= LARGEST)
    return { localPort, remotePort }
  throw new LabosError('usage.value', `-L ${text} is not LOCAL:REMOTE, two ports.`, {
    suggestions: ['Port 3000 of the machine on 8080 here: `-L 8080:3000`; on any free port: `-L 0:3000`.'],
  })
}

const LARGEST = 65_535

import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { promisify } from 'node:util'
import type { PortHolder, Ports } from '../ports.js'

/** Ports of this computer's loopback address, and who holds them as far as this user may see. */
export function systemPorts(platform: NodeJS.Platform): Ports {
  return {
    holder: async (port) => {
      if (!(await isTaken(port))) return undefined
      try {
        return platform === 'linux'
          ? linuxHolder(port)
          : platform === 'win32'
            ? await windowsHolder(port)
            : await lsofHolder(port)
      } catch {
        return {} // taken, but by whom is not for this user to see
      }
    },
    free: () => listenOnce(0).then(({ port }) => port),
  }
}

/** Taken when somebody answers there, or when it cannot be bound: some systems let a second program bind over a wildcard. */
async function isTaken(port: number): Promise<boolean> {
  if (await answers(port)) return true
  return listenOnce(port).then(
    () => false,
    () => true,
  )
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const end = (isOpen: boolean) => (): void => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.setTimeout(500, end(false))
    socket.once('connect', end(true))
    socket.once('error', end(false))
  })

const listenOnce = (port: number): Promise<{ port: number }> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      server.close(() => {
        if (typeof address === 'object' && address) resolve({ port: address.port })
      })
    })
  })

/** Socket inode from /proc/net/tcp*, then the process that has it open. */
function linuxHolder(port: number): PortHolder {
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(readFileSync(table, 'utf8'), port)),
  )
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!hasOpen(pid, inodes)) continue
    return { pid: Number(pid), program: readFileSync(`/proc/${pid}/comm`, 'utf8').trim() }
  }
  return {}
}

function listeningInodes(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(wanted) && fields[3] === '0A')
    .map((fields) => `socket:[${fields[9] ?? ''}]`)
}

function hasOpen(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.has(readlinkOr(`/proc/${pid}/fd/${fd}`)))
  } catch {
    return false
  }
}

function readlinkOr(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

async function lsofHolder(port: number): Promise<PortHolder> {
  const { stdout } = await promisify(execFile)('lsof', ['-nP', `-iTCP:${String(port)}`, '-sTCP:LISTEN', '-Fpc'], {
    timeout: 10_000,
  })
  const pid = /^p(\d+)$/m.exec(stdout)?.[1]
  const program = /^c(.+)$/m.exec(stdout)?.[1]
  return { ...(pid ? { pid: Number(pid) } : {}), ...(program ? { program } : {}) }
}

async function windowsHolder(port: number): Promise<PortHolder> {
  const script = `$p=(Get-NetTCPConnection -State Listen -LocalPort ${String(port)})[0].OwningProcess; "$p $((Get-Process -Id $p).ProcessName)"`
  const { stdout } = await promisify(execFile)(
    'powershell.exe',
    ['-NoProfile', '-NonInteractive', '-Command', script],
    { timeout: 10_000, windowsHide: true },
  )
  const [pid, program] = stdout.trim().split(' ')
  return { ...(pid ? { pid: Number(pid) } : {}), ...(program ? { program } : {}) }
}

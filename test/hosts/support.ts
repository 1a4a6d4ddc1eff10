/** Whether this computer can be a region of real hosts, and what that takes. */
import { existsSync, readFileSync } from 'node:fs'
import { ended, run } from './shell.js'

/** A program of each Debian package that the hosts need. */
const NEEDED: Readonly<Record<string, string>> = {
  'systemd-container': 'systemd-nspawn',
  nftables: 'nft',
  iproute2: 'ip',
  mmdebstrap: 'mmdebstrap',
  'openssh-client': 'ssh',
}
const INSTALL_MS = 300_000

/** What a namespace must be able to do: to have mounts, a network of its own, and filters with address translation. */
const PROBE = `set -e
mount -t tmpfs labos-test /mnt
ip link add labos-test type veth peer name labos-peer
nft -f - <<'END'
table ip labos {
  chain pre {
    type nat hook prerouting priority dstnat
    ip daddr 169.254.169.254 tcp dport 80 dnat to 127.0.0.1:80
  }
  chain pass {
    type filter hook forward priority filter
    ct state established accept
  }
}
END`

/** Undefined where hosts can run; else a sentence that begins "this machine". Changes nothing. */
export async function whyNoHosts(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'this machine is no Linux, which real hosts need'
  if (process.getuid?.() !== 0) return 'this machine lets the tests be root nowhere, which real hosts need'
  const lacking = await missingPackages()
  if (lacking.length > 0) return `this machine lacks ${lacking.join(', ')}, which real hosts need`
  if (!existsSync('/sys/fs/cgroup')) return 'this machine has no control groups, which real hosts need'
  const probe = await ended(['unshare', '--mount', '--net', 'sh', '-c', PROBE])
  if (probe.exitCode === 0) return undefined
  return `this machine lets root make no mounts, networks or filters, which real hosts need: ${probe.stderr.trim()}`
}

/** Installs what is missing where root can, on Debian and its like; says so in one line. */
export async function installPackages(log: (line: string) => void): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !isDebian()) return
  const lacking = await missingPackages()
  if (lacking.length === 0) return
  log(`installing ${lacking.join(', ')} for tests on real hosts ...`)
  const install = ['apt-get', 'install', '--yes', '--quiet=2', '--no-install-recommends', ...lacking]
  const wish = { timeoutMs: INSTALL_MS }
  if ((await ended(install, wish)).exitCode === 0) return
  await run(['apt-get', 'update', '--quiet=2'], wish)
  await run(install, wish)
}

async function missingPackages(): Promise<string[]> {
  const names = Object.keys(NEEDED)
  const found = await Promise.all(
    names.map(async (name) => (await ended(['sh', '-c', `command -v ${NEEDED[name] ?? ''}`])).exitCode === 0),
  )
  return names.filter((_, index) => found[index] !== true)
}

const isDebian = (): boolean =>
  existsSync('/etc/os-release') && /^ID(?:_LIKE)?=.*(?:debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'))

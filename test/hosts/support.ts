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

/**
 * What root must be able to do: control groups, layered mounts where the guests' disks are, and in a namespace a network
 * with filters and address translation.
 */
const PROBE = `set -e
group=/sys/fs/cgroup
[ -e $group/cgroup.procs ] || group=$group/systemd
mkdir -p $group/labos-test-probe
rmdir $group/labos-test-probe
place=$(mktemp -d /var/tmp/labos-test-XXXXXX)
trap 'umount $place/root 2>/dev/null || true; rm -rf --one-file-system $place' EXIT
mkdir $place/upper $place/work $place/root
mount -t overlay -o lowerdir=/etc,upperdir=$place/upper,workdir=$place/work labos-test $place/root
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
  if (process.getuid?.() !== 0) return 'this machine does not let the tests be root, which real hosts need'
  const lacking = await missingPackages()
  if (lacking.length > 0) return `this machine lacks ${lacking.join(', ')}, which real hosts need`
  const probe = await ended(['unshare', '--mount', '--net', 'sh', '-c', PROBE])
  if (probe.exitCode === 0) return undefined
  return `this machine does not let root have what real hosts need: ${probe.stderr.trim()}`
}

/** Installs what is missing where root can, on Debian and its like; says so in one line. */
export async function installPackages(log: (line: string) => void): Promise<void> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !isDebian()) return
  const lacking = await missingPackages()
  if (lacking.length === 0) return
  log(`installing ${lacking.join(', ')} for tests on real hosts ...`)
  const apt = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get']
  const install = [...apt, 'install', '--yes', '--quiet=2', '--no-install-recommends', ...lacking]
  const wish = { timeoutMs: INSTALL_MS }
  if ((await ended(install, wish)).exitCode === 0) return
  await run([...apt, 'update', '--quiet=2'], wish)
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

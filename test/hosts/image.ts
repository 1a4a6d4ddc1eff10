/** The disk of a rented machine before its first boot: a Debian with cloud-init, made once into the test cache. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { testCacheDir } from '../setup/test-cache.js'
import { run } from './shell.js'

const RELEASE = 'bookworm'
const PACKAGES = [
  ...['libpam-systemd', 'dbus-user-session', 'polkitd'], // a user's own systemd, which outlives the login where wished
  ...['systemd', 'systemd-sysv', 'dbus', 'cloud-init', 'openssh-server', 'sudo', 'libnss-myhostname'],
  ...['iproute2', 'iputils-ping', 'nftables', 'netbase', 'procps', 'rsync', 'less', 'curl', 'ca-certificates'],
  ...['python3', 'python3-venv', 'python3-cffi-backend', 'libgomp1', 'libnuma1'],
]
const MAKE_MS = 600_000
const DRAFT = '-making-'
/** Below test/, from where scripts find it too. */
export const IMAGE_FILES = join(import.meta.dirname, '../../test/hosts/image')
const HOST_SOURCES = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']

/** The image's folder, which is never to be written to; where it is not made yet, nothing is there. */
export function imageFolder(): string {
  const recipe = createHash('sha256').update(JSON.stringify([RELEASE, PACKAGES]))
  for (const name of readdirSync(IMAGE_FILES).sort()) recipe.update(name).update(readFileSync(join(IMAGE_FILES, name)))
  return join(testCacheDir(), `host-image-${recipe.digest('hex').slice(0, 12)}`)
}

/** Resolves to its folder; instant when it is there. Says when it has to be made, which takes a minute or more. */
export async function makeImage(log: (line: string) => void): Promise<string> {
  const image = imageFolder()
  if (isWhole(image)) return image
  log('making the disk image of the test hosts, once ...')
  await mkdir(testCacheDir(), { recursive: true })
  await removeDrafts(image)
  const work = await mkdtemp(`${image}${DRAFT}`)
  try {
    const made = join(work, 'root')
    await run(debootstrap(made), { timeoutMs: MAKE_MS })
    await run(['sh', join(IMAGE_FILES, 'customise.sh'), made])
    if (!isWhole(made)) throw new Error(`the image that mmdebstrap made in ${made} is not whole`)
    if (existsSync(image) && !isWhole(image)) await remove(image)
    await rename(made, image).catch((error: unknown) => {
      if (!isWhole(image)) throw error // else another process was quicker
    })
  } finally {
    await remove(work)
  }
  return image
}

/** Those of makers that were killed: none takes that long. */
async function removeDrafts(image: string): Promise<void> {
  const drafts = readdirSync(testCacheDir())
    .map((name) => join(testCacheDir(), name))
    .filter((path) => path.startsWith(`${image}${DRAFT}`) && Date.now() - statSync(path).mtimeMs > 2 * MAKE_MS)
  for (const draft of drafts) await remove(draft)
}

/** Never what is mounted in it. */
const remove = (folder: string): Promise<string> => run(['rm', '-rf', '--one-file-system', folder])

/** What a copy by somebody who is not root would lack. */
function isWhole(root: string): boolean {
  const sudo = statSync(join(root, 'usr/bin/sudo'), { throwIfNoEntry: false })
  const isRoots = sudo !== undefined && sudo.uid === 0 && (sudo.mode & 0o4000) !== 0
  return isRoots && existsSync(join(root, 'etc/labos-test')) && existsSync(join(root, 'usr/bin/cloud-init'))
}

/** From where this computer's own packages come, where it is of the same release; else from Debian's servers. */
function debootstrap(root: string): string[] {
  const own = HOST_SOURCES.find((file) => existsSync(file) && readFileSync(file, 'utf8').includes(RELEASE))
  return [
    'mmdebstrap',
    ...['--quiet', '--variant=minbase', '--dpkgopt=force-unsafe-io', `--include=${PACKAGES.join(',')}`],
    ...[RELEASE, root, ...(own === undefined ? [] : [own])],
  ]
}

/** The same scripts on a host of the user's own, by a user without special rights: set up over SSH, left alone, and given back. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { labFiles } from '../../src/bootstrap/lab-files.js'
import { machineScripts } from '../../src/bootstrap/machine-scripts.js'
import { TEST_ENGINE_VERSION } from '../engine/engine-index.js'
import type { LeaseFile } from '../fakes/machine-world.js'
import type { Guest } from './guest.js'
import { labOn, type Mirrors, openMirrors, until } from './machine-guest.js'
import { type KeyPair, loginConfig, makeKey, ssh } from './ssh.js'
import { stubEngine } from './stub-engine.js'
import { hostsUnavailable, regionSuite } from './suite.js'

const LABS = '/home/ubuntu/.local/share/labos'
const HOME = `${LABS}/one`
const PORT = 8123

const { region } = regionSuite()
let guest: Guest
let mirrors: Mirrors
let keys: { readonly user: KeyPair; readonly host: KeyPair }
let before: string

beforeAll(async () => {
  if (hostsUnavailable() !== undefined) return
  mirrors = await openMirrors(region())
  keys = { user: makeKey('user'), host: makeKey('host') }
  guest = await region().boot({ userData: loginConfig(keys.host, keys.user) })
  await guest.ready()
  await asUser('mkdir -p ~/.local/share')
  before = await everything()
})
afterAll(async () => {
  if (hostsUnavailable() === undefined) await mirrors.close()
})

/** As the user, over SSH. */
async function asUser(command: string): Promise<string> {
  const login = { address: guest.address, user: keys.user, hostKey: keys.host.public }
  const { exitCode, stdout, stderr } = await ssh(login, command)
  if (exitCode === 0) return stdout.trim()
  throw new Error(`${command.slice(0, 200)} ends with ${String(exitCode)}: ${stderr}${stdout}`)
}

/** What of the user's is there: files, units, and whether the login lives on. */
const everything = (): Promise<string> =>
  asUser(
    'find ~ /opt/dlami -xdev ! -path "*/.ssh*" 2>/dev/null | sort; systemctl --user list-units --all --plain --no-legend "labos*"; loginctl show-user ubuntu -p Linger --value',
  )

async function put(path: string, content: string): Promise<void> {
  const text = Buffer.from(content).toString('base64')
  await asUser(`mkdir -p "$(dirname ${path})"; base64 -d >${path} <<'END'\n${text}\nEND\nchmod 755 ${path}`)
}

/** Its scripts and units are there, and its lease is armed. */
async function settle(home: string): Promise<void> {
  const { laboratory, ...lab } = labOn(mirrors)
  const config = `port: ${String(PORT)}\nmax-model-len: 2048\n`
  const machines = [{ type: 'host', gpuCount: 1, gpuMemoryMiB: 45_776, config }]
  const wish = { ...lab, provider: 'ssh' as const, ...(laboratory ? { laboratory: { ...laboratory, machines } } : {}) }
  const scripts = await machineScripts('templates')
  const files = [
    ...[...scripts].map(([name, text]) => [`bin/${name}`, text] as const),
    ...labFiles(wish),
    ...stubEngine('data', TEST_ENGINE_VERSION),
  ]
  for (const [path, text] of files) await put(`${home}/${path}`, text)
  await asUser(`sh ${home}/bin/units.sh install && sh ${home}/bin/lease.sh arm`)
}

async function setUp(): Promise<void> {
  await settle(HOME)
  await asUser('systemctl --user start --no-block labos-one-bootstrap.service')
}

const serves = (): Promise<string> =>
  until('an engine that answers', () => asUser(`curl -sf http://127.0.0.1:${String(PORT)}/health && echo yes`))

const lease = async (): Promise<LeaseFile> => JSON.parse(await asUser(`sh ${HOME}/bin/lease.sh show`)) as LeaseFile

it('serves, without root, and goes on after the logout', async () => {
  await setUp()
  await serves()
  await until('served', async () => ((await lease()).served ? true : undefined))
  expect(await lease()).toMatchObject({ armed: true, on_end: 'stop', ends_by: 'idle', boot_deadline: null })
  expect(await asUser('who | wc -l; loginctl show-user ubuntu -p Linger --value')).toBe('0\nyes')
})

it('is there again after a boot, its deadline as it was', async () => {
  const { deadline } = await lease()
  guest.reboot()
  await until('another boot', () => Promise.resolve(guest.boots === 2 ? true : undefined))
  await until('a login', () => asUser('true').then(() => true))
  await serves()
  expect((await lease()).deadline).toBe(deadline)
  await asUser(`sh ${HOME}/bin/lease.sh extend 3600`)
  expect((await lease()).deadline).toBe((deadline ?? 0) + 3600)
})

it('ends by stopping, and leaves the host as it runs', async () => {
  await asUser(`echo 20000 >${HOME}/clock-offset; sh ${HOME}/bin/lease.sh check`)
  await until('an engine that is gone', async () =>
    (await asUser(`curl -sf -m 2 http://127.0.0.1:${String(PORT)}/health || echo gone`)) === 'gone' ? true : undefined,
  )
  await until('an end', async () => {
    const { armed } = JSON.parse(await asUser(`cat ${HOME}/lease.json`)) as LeaseFile
    return armed ? undefined : true
  })
  expect(guest.state).toBe('running')
  expect(await asUser('systemctl --user is-enabled labos-one-bootstrap labos-one-arm; :')).toBe('disabled\ndisabled')
})

it('gives everything back, and proves it', async () => {
  expect(await asUser(`sh ${HOME}/bin/remove.sh`)).toBe('')
  expect(await everything()).toBe(before)
})

it('gives back what still serves, too', async () => {
  await setUp()
  await serves()
  expect(await asUser(`sh ${HOME}/bin/remove.sh`)).toBe('')
  expect(await everything()).toBe(before)
  expect(await asUser(`curl -sf -m 2 http://127.0.0.1:${String(PORT)}/health || echo gone`)).toBe('gone')
})

it('leaves another lab there what it needs, and the last one leaves nothing', async () => {
  const other = `${LABS}/two`
  await settle(HOME)
  await settle(other)
  expect(await asUser(`sh ${HOME}/bin/remove.sh`)).toBe('')
  const lives = 'loginctl show-user ubuntu -p Linger --value; systemctl --user is-active labos-two-lease.timer'
  expect(await asUser(lives)).toBe('yes\nactive')
  expect(await asUser(`sh ${other}/bin/remove.sh`)).toBe('')
  expect(await everything()).toBe(before)
})

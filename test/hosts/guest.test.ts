/** One machine from its first boot to its end: what it is told, what it is asked by ssh, and what happens to its power. */
import { gzipSync } from 'node:zlib'
import { beforeAll, expect, it } from 'vitest'
import { tempDir } from '../fakes/temp-dir.js'
import { gpuFailure, gpuFile } from './gpu.js'
import type { Guest } from './guest.js'
import { startMirror } from './mirror.js'
import { indexListener } from './mirror-index.js'
import { type KeyPair, loginConfig, makeKey, ssh } from './ssh.js'
import { hostsUnavailable, regionSuite } from './suite.js'
import { makeWheel } from './wheel.js'

const { region } = regionSuite()
let guest: Guest
let user: KeyPair
let host: KeyPair

beforeAll(async () => {
  if (hostsUnavailable() !== undefined) return
  user = makeKey('user')
  host = makeKey('host')
  const userData = `${loginConfig(host, user)}runcmd: ["echo once >>/opt/runs"]\n`
  guest = await region().boot({
    userData: gzipSync(userData),
    instanceType: 'g6.12xlarge',
    tags: () => Promise.resolve({ 'labos:expires-at': '2030-01-01T00:00:00Z' }),
  })
  await guest.ready()
})

const login = () => ({ address: guest.address, user, hostKey: host.public })
const saidInside = async (script: string): Promise<string> => (await guest.exec(script)).stdout.trim()

it('does what compressed user data says, and lets the user in by ssh', async () => {
  const said = await ssh(login(), 'id -un; sudo -n cat /opt/runs; systemctl is-system-running --wait')
  expect(said).toMatchObject({ exitCode: 0, stdout: 'ubuntu\nonce\nrunning\n' })
  expect(await guest.console()).toContain('Cloud-init v.')
})

it('lets a user have services of their own that outlive the login', async () => {
  const start = 'loginctl enable-linger && systemd-run --user --quiet --unit=mine sleep infinity'
  expect(await ssh(login(), start)).toMatchObject({ exitCode: 0, stderr: '' })
  expect(await ssh(login(), 'systemctl --user is-active mine; systemctl --user stop mine')).toMatchObject({
    stdout: 'active\n',
  })
})

const METADATA = `t=$(curl -sS -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
ask() { curl -sS -m 5 -w ' %{http_code}\\n' -H "X-aws-ec2-metadata-token: $t" "http://169.254.169.254/latest/$1"; }
`

it('learns who it is from its metadata, with a token only', async () => {
  const places = ['instance-id', 'instance-type', 'placement/region', 'public-ipv4', 'tags/instance/labos:expires-at']
  const asked = await saidInside(`${METADATA}for p in ${places.join(' ')}; do ask meta-data/$p; done`)
  const { facts, address } = guest
  const values = [facts.instanceId, 'g6.12xlarge', 'us-east-1', address, '2030-01-01T00:00:00Z']
  expect(asked.split('\n')).toEqual(values.map((value) => `${value} 200`))
  expect(await saidInside(`${METADATA}t=wrong; ask meta-data/instance-id`)).toBe('401')
  const bare = await saidInside("curl -s -w '%{http_code}' http://169.254.169.254/latest/meta-data/instance-id")
  expect(bare).toBe('401')
})

it('is told of a spot end when there is one', async () => {
  const ask = `${METADATA}ask meta-data/spot/instance-action`
  expect(await saidInside(ask)).toBe('404')
  guest.noticeSpotEnd(new Date('2030-01-01T00:02:00.5Z'))
  expect(await saidInside(ask)).toBe('{"action":"terminate","time":"2030-01-01T00:02:00Z"} 200')
  guest.noticeSpotEnd(undefined)
  expect(await saidInside(ask)).toBe('404')
})

it('has the GPUs of its type, or what a test wants', async () => {
  const ask = 'nvidia-smi --query-gpu=name,memory.total,driver_version,count --format=csv,noheader,nounits'
  expect(await saidInside(ask)).toBe(Array(4).fill('NVIDIA L4, 23034, 580.95.05, 4').join('\n'))
  const set = (text: string) => guest.exec(`cat >/etc/labos-test/gpu <<'END'\n${text}END\n`)
  await set(gpuFile({ count: 1, memoryMiB: 100, name: 'NVIDIA Other', driver: '535.1' }))
  expect(await saidInside('nvidia-smi --query-gpu=driver_version,memory.total --format=csv,noheader')).toBe(
    '535.1, 100 MiB',
  )
  expect(await saidInside('nvidia-smi -L')).toMatch(/^GPU 0: NVIDIA Other \(UUID: GPU-[\d\w-]+\)$/)
  await set(gpuFailure(9, 'NVIDIA-SMI has failed'))
  expect(await guest.exec(ask)).toMatchObject({ exitCode: 9, stdout: 'NVIDIA-SMI has failed\n' })
})

it('installs from an index on this computer, and goes on with a download when a cut network is back', async () => {
  const folder = tempDir()
  await makeWheel(folder, 'tiny', '1.0', 1_000_000)
  const mirror = await startMirror(region().caller, indexListener(folder))
  try {
    const install = `python3 -m venv /opt/v && /opt/v/bin/pip install -q -i ${mirror.url}/simple tiny`
    const trust = `--trusted-host ${region().caller}`
    expect(await guest.exec(`${install} ${trust}`)).toMatchObject({ exitCode: 0 })
    expect(await saidInside('/opt/v/bin/python -c "import tiny; print(tiny.version)"')).toBe('1.0')
    mirror.bytesPerS = 100_000
    const file = `${mirror.url}/files/tiny-1.0-py3-none-any.whl`
    const download = guest.exec(`curl -sS -o /opt/got ${file} && stat -c %s /opt/got`)
    const bytes = async (): Promise<number> => Number(await saidInside('stat -c %s /opt/got 2>/dev/null'))
    await expect.poll(bytes, { timeout: 20_000, interval: 100 }).toBeGreaterThan(0)
    await guest.cut()
    let before = -1
    const standsStill = async (): Promise<boolean> => before === (before = await bytes())
    await expect.poll(standsStill, { timeout: 20_000, interval: 500 }).toBe(true) // what had come is written
    mirror.bytesPerS = Infinity
    await guest.restore()
    expect(Number((await download).stdout)).toBeGreaterThan(1_000_000)
  } finally {
    await mirror.close()
  }
})

/** A login over another host, against OpenSSH's own server and client. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { connectSsh } from '../../src/adapters/ssh/machine.js'
import type { RemoteMachine, SshPlace } from '../../src/ports.js'
import { eventually } from '../fakes/cli.js'
import type { Sshd } from '../fakes/sshd.js'
import { tempDir } from '../fakes/temp-dir.js'
import { useSshd } from '../fakes/use-sshd.js'

const sshd = useSshd()
const login = (more: Partial<SshPlace>): Promise<RemoteMachine> =>
  connectSsh({ ...sshd().place, ...more }, AbortSignal.timeout(20_000))

/** OpenSSH's configuration for the server as a host between, and the words that go to itself over it. */
function overGate({ dir, place, userKey }: Sshd): { readonly config: string; readonly gate: string } {
  const [key, known, config] = ['gate-key', 'gate-known', 'gate-config'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ]
  const at = `[${place.host}]:${String(place.port)}`
  writeFileSync(key, userKey.privateKey, { mode: 0o600 })
  writeFileSync(known, `${at} ${place.hostKeys[0]}\n`)
  const lines = ['Host gate', `HostName ${place.host}`, `Port ${String(place.port)}`, `User ${place.user}`]
  writeFileSync(config, [...lines, `IdentityFile ${key}`, `UserKnownHostsFile ${known}`, ''].join('\n'))
  return { config, gate: `-W ${at} ssh://gate` }
}

it('goes over another host, as OpenSSH does', async () => {
  const { config, gate } = overGate(sshd())
  const machine = await login({ host: 'no-such-host.invalid', via: `ssh -F ${config} -o BatchMode=yes ${gate}` })
  const content = 'x'.repeat(2_000_000)
  const path = join(tempDir(), 'file')
  await machine.put(path, content, 0o600)
  expect(readFileSync(path, 'utf8')).toBe(content)
  machine.close()
  await machine.closed
})

it('says what the way over another host says, and leaves none of it running', async () => {
  const mark = join(tempDir(), 'pid')
  await expect(login({ via: "sh -c 'echo gate: no way >&2; exit 255'" })).rejects.toMatchObject({
    code: 'machine.unreachable',
    message: expect.stringMatching(/over `sh .*`: gate: no way\.$/) as unknown,
  })
  await expect(login({ via: '/no/such/program' })).rejects.toMatchObject({ code: 'machine.unreachable' })
  const abort = new AbortController()
  const started = connectSsh({ ...sshd().place, via: `sh -c 'echo $$ >${mark}; exec sleep 300'` }, abort.signal)
  await eventually(() => existsSync(mark) && readFileSync(mark, 'utf8') !== '')
  abort.abort(new Error('enough'))
  await expect(started).rejects.toThrow('enough')
  await eventually(() => !existsSync(`/proc/${readFileSync(mark, 'utf8').trim()}`))
})

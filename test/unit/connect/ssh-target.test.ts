import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeKeyPair } from '../../../src/adapters/ssh/keys.js'
import { loginAt, resolveTarget, type TargetDeps } from '../../../src/connect/ssh-target.js'
import { LabosError } from '../../../src/errors/labos-error.js'
import type { ConnectSsh } from '../../../src/ports.js'
import { fakeMachine } from '../../fakes/machine.js'
import { fakeConnection } from '../../fakes/ssh.js'
import { tempDir } from '../../fakes/temp-dir.js'

const HOST_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILIWVOlcb2oydYfCleCQ1dlfo79x8byLBSiZCg23KD1O'

/** A home with a key and a known host, and OpenSSH's client where `printed` says what `ssh -G` prints. */
function world(printed?: string): { home: string; deps: TargetDeps; ran: string[]; key: string } {
  const home = tempDir()
  const key = makeKeyPair('test').privateKey
  mkdirSync(join(home, '.ssh'))
  writeFileSync(join(home, '.ssh/id_ed25519'), key, { mode: 0o600 })
  writeFileSync(join(home, '.ssh/known_hosts'), `box ${HOST_KEY}\n[10.1.2.3]:2222 ${HOST_KEY}\n`)
  const machine = fakeMachine(printed === undefined ? {} : { ssh: '/usr/bin/ssh' }, [
    [/ -G /, { stdout: printed ?? '' }],
  ])
  const deps = { machine, env: {}, home, userName: 'me', platform: 'linux' }
  return { home, deps, ran: machine.ran, key }
}

describe('a host of the user', () => {
  it('is found without an OpenSSH client', async () => {
    const { home, deps, key } = world()
    expect(await resolveTarget({ target: 'box' }, deps)).toEqual({
      place: { host: 'box', port: 22, user: 'me', hostKeys: [HOST_KEY] },
      identities: [{ privateKey: key, file: join(home, '.ssh/id_ed25519') }],
    })
  })

  it('is what OpenSSH makes of it', async () => {
    const { home, deps, ran, key } = world()
    const printed = [
      'hostname 10.1.2.3',
      'user ubuntu',
      'port 2222',
      'identitiesonly yes',
      'identityfile ~/.ssh/id_ed25519',
      `userknownhostsfile ${join(home, '.ssh/known_hosts')} /nonesuch`,
      '',
    ]
    const machine = fakeMachine({ ssh: '/usr/bin/ssh' }, [[/ -G /, { stdout: printed.join('\n') }]])
    const env = { SSH_AUTH_SOCK: '/run/agent' }
    expect(await resolveTarget({ target: 'root@gpu:2222' }, { ...deps, env, machine })).toEqual({
      place: { host: '10.1.2.3', port: 2222, user: 'ubuntu', hostKeys: [HOST_KEY] },
      identities: [{ privateKey: key, file: join(home, '.ssh/id_ed25519') }, { agent: '/run/agent' }],
    })
    expect(machine.ran).toEqual(['/usr/bin/ssh -G -l root -p 2222 -- gpu'])
    expect(ran).toEqual([])
  })

  it('is refused where its key was never accepted, with how to see it; a key that is named counts', async () => {
    const { deps } = world()
    await expect(resolveTarget({ target: 'me@other:2222' }, deps)).rejects.toMatchObject({
      code: 'ssh.hostkey',
      suggestions: expect.arrayContaining([expect.stringContaining('ssh-keyscan -t ed25519 -p 2222 other')]) as unknown,
    })
    const { place } = await resolveTarget({ target: 'me@other', hostKey: `${HOST_KEY} comment` }, deps)
    expect(place.hostKeys).toEqual([HOST_KEY])
    await expect(resolveTarget({ target: 'box', hostKey: 'nonsense' }, deps)).rejects.toMatchObject({
      code: 'usage.value',
    })
  })

  it.each([
    ['proxyjump gate', 'ssh -o BatchMode=yes -W box:22 ssh://gate'],
    ['proxyjump me@first:2222,second', 'ssh -o BatchMode=yes -J me@first:2222 -W box:22 ssh://second'],
    ['proxycommand nc -x proxy:1080 %h %p # %r %n %%', 'nc -x proxy:1080 box 22 # me box %'],
    ['proxyjump none', undefined],
  ])('is reached as OpenSSH would over other hosts: %s', async (printed, via) => {
    const { deps } = world(`hostname box\n${printed}\nproxycommand none\nuserknownhostsfile ~/.ssh/known_hosts\n`)
    const { place } = await resolveTarget({ target: 'box' }, deps)
    expect(place.via).toBe(via)
  })

  it('is not logged in to with a key file that others may read', async () => {
    const { home, deps, key } = world()
    const identity = join(home, '.ssh/id_ed25519')
    expect((await resolveTarget({ target: 'box', identity }, deps)).identities).toEqual([
      { privateKey: key, file: identity },
    ])
    chmodSync(identity, 0o644)
    await expect(resolveTarget({ target: 'box', identity }, deps)).rejects.toMatchObject({
      code: 'usage.file',
      suggestions: [expect.stringContaining(`chmod 600 ${identity}`)],
    })
    expect((await resolveTarget({ target: 'box' }, deps)).identities).toEqual([])
    await expect(resolveTarget({ target: 'box', identity: join(home, 'no') }, deps)).rejects.toMatchObject({
      code: 'usage.file',
    })
  })
})

describe('the first login', () => {
  const place = { host: 'box', port: 22, user: 'me', hostKeys: [HOST_KEY] as const }
  const identities = [{ agent: '/a' }, { privateKey: 'b', file: '/b' }, { privateKey: 'c', file: '/c' }]
  const error = (code: 'ssh.auth' | 'ssh.hostkey' | 'ssh.key', message: string) =>
    new LabosError(code, message, { suggestions: ['x'] })
  const signal = AbortSignal.timeout(10_000)

  it('takes the first identity that the host takes, and says which', async () => {
    const machine = fakeConnection()
    const found = await loginAt(
      { place, identities },
      ({ identity }) => ('agent' in identity ? Promise.reject(error('ssh.auth', 'no')) : Promise.resolve(machine)),
      signal,
    )
    expect(found).toEqual({ machine, place: { ...place, identity: identities[1] } })
  })

  it('tries no other key at a host that is not the one', async () => {
    let tries = 0
    const connect = () => Promise.reject(error('ssh.hostkey', `try ${String((tries += 1))}`))
    await expect(loginAt({ place, identities }, connect, signal)).rejects.toMatchObject({ message: 'try 1' })
  })

  it('says why when the host takes none, or when there is none', async () => {
    const connect = () => Promise.reject(error('ssh.auth', 'the agent holds no key'))
    await expect(loginAt({ place, identities }, connect, signal)).rejects.toThrow('the agent holds no key')
    const some: ConnectSsh = ({ identity }) =>
      Promise.reject('agent' in identity ? error('ssh.key', 'no agent') : error('ssh.auth', 'not let in'))
    await expect(loginAt({ place, identities }, some, signal)).rejects.toThrow('not let in')
    await expect(loginAt({ place, identities: [] }, connect, signal)).rejects.toMatchObject({ code: 'ssh.key' })
  })
})

/** A host key of the machine's own, in OpenSSH's own server. */
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { connectSsh } from '../../src/adapters/ssh/machine.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import { bareKey } from '../../src/connect/host-keys.js'
import { rotateHostKey, untilShown } from '../../src/connect/rotate-host-key.js'
import type { Machine, RemoteMachine, SshPlace } from '../../src/ports.js'
import { startSshd, type Sshd } from '../fakes/sshd.js'
import { useSshd } from '../fakes/use-sshd.js'

useSshd() // skips where there is none

const soon = (): AbortSignal => AbortSignal.timeout(20_000)
const login = (sshd: Sshd, ...hostKeys: [string, ...string[]]): Promise<RemoteMachine> =>
  connectSsh({ ...sshd.place, hostKeys }, soon())
const sshdPlace = (sshd: Sshd) => ({ dir: sshd.dir, reload: `kill -HUP ${String(sshd.pid)}`, asRoot: false })

async function seen(sshd: Sshd, hostKey: string): Promise<void> {
  const machine = await untilShown(
    { ...sshd.place, hostKeys: [hostKey] },
    { connect: connectSsh, clock: systemClock },
    soon(),
  )
  machine.close()
}

async function withSshd(work: (sshd: Sshd, old: string) => Promise<void>): Promise<void> {
  const sshd = await startSshd()
  try {
    await work(sshd, bareKey(sshd.hostKey.publicKey) ?? '')
  } finally {
    await sshd.close()
  }
}

it('takes the place of the one that was injected, and open connections stay', () =>
  withSshd(async (sshd, old) => {
    const machine = await login(sshd, old)
    const announced: string[] = []
    const made = await rotateHostKey(machine, async (key) => void announced.push(key), soon(), sshdPlace(sshd))
    expect(announced).toEqual([made])
    expect(made).not.toBe(old)
    await seen(sshd, made)
    await expect(login(sshd, old)).rejects.toMatchObject({ code: 'ssh.hostkey' })
    expect(await machine.run({ argv: ['echo', 'still'] })).toMatchObject({ stdout: 'still\n' })
    machine.close()
    expect(readdirSync(sshd.dir).filter((name) => name.includes('next'))).toEqual([])
  }))

it.each([1, 2, 3, 4])('may be interrupted before its command %i and begun again', (count) =>
  withSshd(async (sshd, old) => {
    let accepted: SshPlace['hostKeys'] = [old]
    const announce = async (key: string): Promise<void> => void (accepted = [old, key])
    const machine = await login(sshd, ...(accepted as [string]))
    await expect(rotateHostKey(failingAt(machine, count), announce, soon(), sshdPlace(sshd))).rejects.toThrow('cut')
    machine.close()
    const before = accepted[1]
    const again = await untilShown(
      { ...sshd.place, hostKeys: accepted },
      { connect: connectSsh, clock: systemClock },
      soon(),
    )
    const made = await rotateHostKey(again, announce, soon(), sshdPlace(sshd))
    if (before !== undefined) expect(made).toBe(before)
    await seen(sshd, made)
    again.close()
  }),
)

/** The connection ends before that command. */
function failingAt(machine: RemoteMachine, count: number): Pick<Machine, 'run'> {
  let runs = 0
  return {
    run: (command, signal) => {
      runs += 1
      return runs === count ? Promise.reject(new Error('cut')) : machine.run(command, signal)
    },
  }
}

it('says why where it cannot be made', () =>
  withSshd(async (sshd, old) => {
    const machine = await login(sshd, old)
    const nowhere = { ...sshdPlace(sshd), dir: '/proc/none' }
    const rotation = rotateHostKey(machine, () => Promise.resolve(), soon(), nowhere)
    await expect(rotation).rejects.toMatchObject({
      code: 'machine.failed',
      message: expect.stringContaining('/proc/none') as unknown,
    })
    machine.close()
  }))

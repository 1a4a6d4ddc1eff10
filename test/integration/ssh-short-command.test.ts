/** Commands that end at once: their end is read together with their beginning. */
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import { connectSsh } from '../../src/adapters/ssh/machine.js'
import { attachSsh } from '../../src/adapters/ssh/shell.js'
import { type SshServer, startSshServer } from '../fakes/ssh-server.js'

let server: SshServer | undefined
afterEach(() => server?.close())

it('are known by their exit code and what they said', async () => {
  server = await startSshServer()
  Object.assign(server.commands, { says: 'done\n', exitCode: 3 })
  const machine = await connectSsh(server.place, AbortSignal.timeout(10_000))
  expect(await machine.run({ argv: ['x'] })).toEqual({ exitCode: 3, stdout: 'done\n', stderr: '' })
  machine.close()
})

it('are known by it where they are joined to streams here, too', async () => {
  server = await startSshServer()
  Object.assign(server.commands, { says: 'done\n', exitCode: 3 })
  const [stdin, stdout, stderr] = [new PassThrough().end(), new PassThrough(), new PassThrough()]
  const command = { argv: ['x'], stdin, stdout, stderr } as const
  expect(await attachSsh(server.place, command, AbortSignal.timeout(10_000))).toBe(3)
  expect(await text(stdout.end())).toBe('done\n')
})

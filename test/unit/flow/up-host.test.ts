/** A lab on a host of the user's own, without the host: what is refused, undone, given up. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { makeKeyPair } from '../../../src/adapters/ssh/keys.js'
import { LabosError } from '../../../src/errors/labos-error.js'
import { downHost } from '../../../src/flow/down-host.js'
import { extend } from '../../../src/flow/extend.js'
import { labStatus } from '../../../src/flow/lab-status.js'
import { opensshOf } from '../../../src/flow/machine-shell.js'
import { sshPlace } from '../../../src/flow/ssh-place.js'
import { upHost } from '../../../src/flow/up-host/up-host.js'
import type { CommandResult, RemoteMachine } from '../../../src/ports.js'
import type { HostLab } from '../../../src/state/host-record.js'
import { labPaths } from '../../../src/state/paths.js'
import { readLab } from '../../../src/state/read.js'
import { saveLab } from '../../../src/state/store.js'
import { fakeContext, type FakeContext } from '../../fakes/context.js'
import { HOST_KEY, plannedServing, serving } from '../../fakes/served.js'
import { fakeConnection } from '../../fakes/ssh.js'

const HOME = '/home/ada/.local/share/labos/one'
const signal = (): AbortSignal => new AbortController().signal

const hostLab = (more: Partial<HostLab> = {}): HostLab => ({
  version: 1,
  id: 'lab-1',
  name: 'one',
  createdAt: '2026-01-01T00:00:00.000Z',
  plan: {
    provider: 'ssh',
    model: {
      id: 'deepseek-coder-v2',
      title: 'DeepSeek-Coder-V2-Lite-Instruct (16B)',
      repo: 'deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct',
      revision: null,
      precision: 'bf16',
      weightsBytes: 31_413_639_424,
      servedNames: ['deepseek-coder-v2'],
    },
    target: 'ada@box',
    machine: '1 x NVIDIA L40S',
    lease: {},
    notes: [],
    serving: plannedServing,
  },
  stepsDone: ['plan', 'host'],
  owner: 'ada@lab',
  port: 8485,
  ssh: { host: 'box', port: 22, user: 'ada', hostKeys: [HOST_KEY], identity: { agent: '/run/agent-then' } },
  serving: { ...serving, home: HOME, scope: 'user' },
  ...more,
})

/** A host that answers commands as `answer` says. */
function host(answer: (line: string) => Partial<CommandResult>): RemoteMachine & { ran: string[]; written: string[] } {
  const [ran, written] = [[] as string[], [] as string[]]
  return Object.assign(fakeConnection(), {
    ran,
    written,
    run: async ({ argv }: { argv: readonly string[] }): Promise<CommandResult> => {
      ran.push(argv.join(' '))
      return { exitCode: 0, stdout: '', stderr: '', ...answer(argv.join(' ')) }
    },
    put: async (path: string): Promise<void> => void written.push(path),
  })
}

const unreachable = (): never => {
  throw new LabosError('machine.unreachable', 'box does not answer on port 22: no answer in time.', {
    suggestions: ['x'],
    cause: new Error('ETIMEDOUT'),
  })
}

let context: FakeContext
const contextWith = (machine?: RemoteMachine): FakeContext =>
  fakeContext({ ssh: async () => machine ?? unreachable(), env: {} })

describe('down', () => {
  it('removes what was made, looks that it is gone, and forgets it', async () => {
    const there = host((line) => (line.startsWith('test -e') ? { exitCode: 1 } : {}))
    context = contextWith(there)
    await saveLab(context.paths, hostLab())
    expect(await downHost(hostLab(), {}, context, signal())).toMatchObject({ outcome: 'removed', usd: 0 })
    expect(there.ran.find((line) => line.includes('remove.sh'))).toBe(
      `env LABOS_HOME=${HOME} LABOS_SCOPE=user sh ${HOME}/bin/remove.sh`,
    )
    expect(readLab(context.paths, 'one')).toBeUndefined()
  })

  it('says what is left, and keeps the record', async () => {
    const there = host((line) => (line.includes('remove.sh') ? { exitCode: 1, stdout: 'unit labos-one-engine\n' } : {}))
    context = contextWith(there)
    await saveLab(context.paths, hostLab())
    await expect(downHost(hostLab(), {}, context, signal())).rejects.toMatchObject({
      code: 'teardown.incomplete',
      exit: 9,
      message: `Still on ada@box of "one": unit labos-one-engine, ${HOME}.`,
    })
    expect(readLab(context.paths, 'one')).toBeDefined()
  })

  it('does not say gone of a host that cannot be asked; --force gives it up and says that', async () => {
    context = contextWith()
    await saveLab(context.paths, hostLab())
    await expect(downHost(hostLab(), {}, context, signal())).rejects.toMatchObject({
      code: 'teardown.incomplete',
      suggestions: expect.arrayContaining([expect.stringContaining(`sh ${HOME}/bin/remove.sh`)]) as unknown,
    })
    expect(readLab(context.paths, 'one')).toBeDefined()
    expect(await downHost(hostLab(), { force: true }, context, signal())).toMatchObject({ outcome: 'forgotten' })
    expect(readLab(context.paths, 'one')).toBeUndefined()
  })
})

describe('the record', () => {
  beforeEach(async () => {
    context = contextWith()
    await saveLab(context.paths, hostLab())
  })

  it('is read as it was written, and says what is known without asking', async () => {
    expect(readLab(context.paths, 'one')).toEqual(hostLab())
    expect(await labStatus('one', context)).toMatchObject({
      state: 'running',
      provider: 'ssh',
      host: 'ada@box',
      usdPerHour: 0,
      detail:
        'it was set up on ada@box; its set-up was not seen to its end: `labos up deepseek-coder-v2 --name one` goes on',
    })
    await saveLab(context.paths, hostLab({ stepsDone: ['plan'] }))
    expect(await labStatus('one', context)).toMatchObject({ state: 'unfinished' })
  })

  it('logs in with the agent of then, with the one of now where that is no more, or with the key file', () => {
    const { paths } = context
    const now = { paths, env: { SSH_AUTH_SOCK: '/run/agent-now' } }
    const agentThen = join(labPaths(paths, 'one').dir, 'agent')
    const withAgent = hostLab({ ssh: { ...hostLab().ssh, identity: { agent: agentThen } } })
    expect(sshPlace(withAgent, now).identity).toEqual({ agent: '/run/agent-now' })
    expect(sshPlace(withAgent, { paths, env: {} }).identity).toEqual({ agent: agentThen })
    writeFileSync(agentThen, '')
    expect(sshPlace(withAgent, now).identity).toEqual({ agent: agentThen })
    const key = makeKeyPair('me').privateKey
    const file = join(labPaths(context.paths, 'one').dir, 'key-of-mine')
    writeFileSync(file, key)
    const withFile = hostLab({ ssh: { ...hostLab().ssh, identity: { file } } })
    expect(sshPlace(withFile, now).identity).toEqual({ privateKey: key })
  })

  it("gives OpenSSH the user's own key, or leaves it to the agent", async () => {
    expect((await opensshOf('one', context)).argv.join(' ')).toMatch(/^ssh -o UserKnownHostsFile=\S+ .*-p 22 ada@box$/)
    const file = join(labPaths(context.paths, 'one').dir, 'key-of-mine')
    writeFileSync(file, makeKeyPair('me').privateKey)
    await saveLab(context.paths, hostLab({ ssh: { ...hostLab().ssh, identity: { file } } }))
    expect((await opensshOf('one', context)).argv).toEqual(expect.arrayContaining(['-i', file]))
  })
})

describe('extend', () => {
  const lease = (deadline: number): string =>
    JSON.stringify({
      ...{ t: 1, armed: true, deadline, boot_deadline: null, idle_limit: null, idle_since: null, served: true },
      ...{ ends: deadline, ends_by: 'deadline', on_end: 'stop', interrupt: null },
    })

  it('asks the host, and believes what it says then', async () => {
    const there = host((line) => (line.includes('show') ? { stdout: lease(1_767_243_600) } : {}))
    context = contextWith(there)
    await saveLab(context.paths, hostLab({ expiresAt: '2026-01-01T04:00:00.000Z' }))
    expect(await extend({ name: 'one', byMs: 3_600_000 }, context, signal())).toMatchObject({
      endedAtBefore: '2026-01-01T04:00:00.000Z',
      endsAt: '2026-01-01T05:00:00.000Z',
      usdPerHour: 0,
    })
    expect(there.ran[0]).toMatch(/lease\.sh extend 3600$/)
    expect(readLab(context.paths, 'one')).toMatchObject({ expiresAt: '2026-01-01T05:00:00.000Z' })
  })

  it('has nothing to move where there is no deadline, and says why the host does not move it', async () => {
    context = contextWith(host(() => ({ exitCode: 2, stderr: 'that is in the past\n' })))
    await saveLab(context.paths, hostLab())
    const asked = { name: 'one', byMs: 60_000 }
    await expect(extend(asked, context, signal())).rejects.toMatchObject({ code: 'usage.value' })
    await saveLab(context.paths, hostLab({ expiresAt: '2026-01-01T04:00:00.000Z' }))
    await expect(extend(asked, context, signal())).rejects.toMatchObject({
      code: 'machine.state',
      message: 'The deadline of "one" was not moved: that is in the past.',
    })
  })
})

describe('up', () => {
  const request = {
    model: 'deepseek-coder-v2',
    target: 'ada@box',
    hostKey: HOST_KEY,
    concurrency: 1,
    serving: { engineArgs: [] },
    agreed: true,
    keep: false,
    name: 'one',
  }

  it('is refused where a lab of that name is something else, before the host is asked', async () => {
    context = contextWith()
    await saveLab(context.paths, hostLab())
    for (const more of [
      { target: 'ada@other' },
      { model: 'deepseek-coder-v2:236b' },
      { contextTokens: 1024 },
      { port: 9 },
      { ttlMs: 3_600_000 },
    ])
      await expect(upHost({ ...request, ...more }, context, signal())).rejects.toMatchObject({ code: 'lab.differs' })
  })

  it('leaves no trace here where the host is not reached', async () => {
    const agent = { SSH_AUTH_SOCK: '/run/agent' }
    context = fakeContext({
      ssh: async () => unreachable(),
      env: agent,
      machine: {
        run: async () => ({ exitCode: 1, stdout: '', stderr: '' }),
        which: async () => undefined,
        dial: unreachable,
      },
    })
    await expect(upHost({ ...request, hostKey: makeKeyPair('').publicKey }, context, signal())).rejects.toMatchObject({
      code: 'machine.unreachable',
      suggestions: [expect.stringContaining('--host user@box:2222'), expect.stringContaining('`ssh ada@box`')],
    })
    expect(existsSync(labPaths(context.paths, 'one').dir)).toBe(false)
  })
})

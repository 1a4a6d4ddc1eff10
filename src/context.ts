/** The composition root: the only file that makes real adapters. */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { lazyAws } from './adapters/aws/lazy-aws.js'
import { keeperLauncher } from './adapters/launch-keeper.js'
import { localMachine } from './adapters/local-machine.js'
import { proxyFetch } from './adapters/fetch.js'
import { pulumiStack } from './adapters/pulumi/pulumi-stack.js'
import { systemPorts } from './adapters/ports.js'
import { systemProcesses } from './adapters/processes.js'
import { ownerName, userName } from './adapters/owner.js'
import { tcpReach } from './adapters/reach.js'
import { makeKeyPair } from './adapters/ssh/keys.js'
import { connectSsh } from './adapters/ssh/machine.js'
import { startChild } from './adapters/start-child.js'
import { attachSsh } from './adapters/ssh/shell.js'
import { systemClock } from './adapters/system-clock.js'
import { askKeeper } from './connect/door.js'
import type { Context } from './flow/context.js'
import type { Prompt } from './ports.js'
import { localProvider } from './provision/local/provider.js'
import { labPaths, type Paths } from './state/paths.js'
import type { Emit } from './ui/events.js'

export interface ContextWish {
  readonly paths: Paths
  readonly env: Readonly<Record<string, string | undefined>>
  /** Folder of the installed package. */
  readonly root: string
  readonly emit: Emit
  readonly prompt?: Prompt
}

export async function makeContext({ paths, env, root, emit, prompt }: ContextWish): Promise<Context> {
  const processes = systemProcesses(process.platform)
  const machine = localMachine()
  const fetch = proxyFetch(env)
  const launcher = keeperLauncher(
    {
      entry: join(root, 'dist', 'keeper.js'),
      args: (name) => [name, paths.labsDir, paths.cacheDir],
      logOf: (name) => labPaths(paths, name).keeperLog,
    },
    processes,
  )
  const self = (await processes.find(process.pid)) ?? { pid: process.pid, startTime: '' }
  return {
    paths,
    env,
    templatesDir: join(root, 'templates'),
    clock: systemClock,
    processes,
    ports: systemPorts(process.platform),
    machine,
    provider: localProvider({ ask: askKeeper, clock: systemClock, processes, machine, diskPath: paths.cacheDir }),
    fetch,
    ask: askKeeper,
    launcher,
    aws: lazyAws(fetch, env),
    stack: pulumiStack({
      paths,
      env,
      clock: systemClock,
      processes,
      emit,
      entry: join(root, 'dist', 'provider.js'),
      ...(prompt ? { prompt } : {}),
    }),
    reach: tcpReach,
    ssh: connectSsh,
    attachSsh,
    makeSshKey: makeKeyPair,
    startChild,
    version: versionIn(root),
    owner: ownerName(),
    user: { name: userName(), home: homedir(), platform: process.platform },
    self,
    emit,
    ...(prompt ? { prompt } : {}),
  }
}

const versionIn = (root: string): string =>
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }).version

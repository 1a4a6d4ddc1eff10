/** The built provider as a process of its own, asked the way Pulumi's engine asks it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import grpc, { type ServiceError } from '@grpc/grpc-js'
import engineServices from '@pulumi/pulumi/proto/engine_grpc_pb.js'
import type { LogRequest } from '@pulumi/pulumi/proto/engine_pb.js'
import clients from '@pulumi/pulumi/proto/provider_grpc_pb.js'
import type { ResourceProviderClient } from '@pulumi/pulumi/proto/provider_grpc_pb.js'
import emptyMessage from 'google-protobuf/google/protobuf/empty_pb.js'
import { runningOn } from '../../src/adapters/pulumi/marks.js'
import { systemProcesses } from '../../src/adapters/processes.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import { endNow } from './cli.js'

const ENTRY = join(import.meta.dirname, '../../dist/provider.js')

export interface ProviderProcess {
  readonly client: ResourceProviderClient
  /** All that it said on stdout and stderr. */
  readonly said: readonly string[]
  /** What started it: itself, or the shell that did. */
  readonly child: ChildProcess
  /** How the child ended. */
  readonly ended: Promise<number | null>
  /** The provider's own pid; undefined when it does not run. */
  pid(): Promise<number | undefined>
}

export interface ProviderWish {
  /** Its folder, as the engine gives it: the stack's. */
  readonly dir: string
  readonly env: Readonly<Record<string, string>>
  readonly engineAddress?: string
  /** Started by a shell, which then is its engine. */
  readonly byShell?: boolean
}

const started: ProviderProcess[] = []

export async function startProvider({ dir, env, engineAddress, byShell }: ProviderWish): Promise<ProviderProcess> {
  const args = [ENTRY, ...(engineAddress === undefined ? [] : [engineAddress])]
  const argv = byShell ? ['sh', '-c', '"$0" "$@" & wait', process.execPath, ...args] : [process.execPath, ...args]
  const [program = '', ...rest] = argv
  const child = spawn(program, rest, { cwd: dir, env: { ...env, PATH: process.env['PATH'] }, stdio: 'pipe' })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const said: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line))
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      said.push(line)
      resolve(line)
    })
    void ended.then((code) => reject(new Error(`the provider ended with ${String(code)}: ${said.join('\n')}`)))
  })
  const client = new clients.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  const pid = async (): Promise<number | undefined> =>
    (await runningOn(dir, systemProcesses(process.platform))).find(({ role }) => role === 'provider')?.pid
  const provider = { client, said, child, ended, pid }
  started.push(provider)
  return provider
}

/** Tells every provider that still runs to end, and waits for it. */
export async function endProviders(): Promise<void> {
  for (const { client, pid } of started.splice(0)) {
    client.close()
    const running = await pid()
    if (running === undefined) continue
    endNow(running)
    while ((await pid()) !== undefined) await systemClock.sleep(20)
  }
}

/** One call to its end. */
export const asked = <Answer>(
  call: (answered: (error: ServiceError | null, answer: Answer) => void) => unknown,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    call((error, answer) => (error ? reject(error) : resolve(answer)))
  })

export interface FakeEngine {
  readonly address: string
  /** Lines that providers logged. */
  readonly lines: readonly LogRequest[]
  close(): void
}

/** The service of the engine that providers log to. */
export async function startEngine(): Promise<FakeEngine> {
  const lines: LogRequest[] = []
  const server = new grpc.Server()
  const log: grpc.handleUnaryCall<LogRequest, InstanceType<typeof emptyMessage.Empty>> = ({ request }, answer) => {
    lines.push(request)
    answer(null, new emptyMessage.Empty())
  }
  server.addService(engineServices.EngineService, { log })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return { address: `127.0.0.1:${String(port)}`, lines, close: () => server.forceShutdown() }
}

/** Files in a provider's folder. */
export const filesIn = (dir: string): string[] => readdirSync(dir).sort()

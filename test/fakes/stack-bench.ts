/** The stack of a lab on the real Pulumi, in a folder of its own. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { LabSpec, Said } from '../../infra/spec.js'
import { checkpointFile, type StackFolder, stackFolder } from '../../src/adapters/pulumi/folder.js'
import { type Mark, runningOn } from '../../src/adapters/pulumi/marks.js'
import { pulumiStack } from '../../src/adapters/pulumi/pulumi-stack.js'
import { systemProcesses } from '../../src/adapters/processes.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import type { Stack } from '../../src/ports.js'
import { labPaths } from '../../src/state/paths.js'
import { pulumiCli } from '../pulumi/pulumi.js'
import type { CloudSuite } from './cloud-suite.js'
import { accessWish, machineWish } from './ec2-calls.js'
import { tempDir } from './temp-dir.js'

type Outcome = Awaited<ReturnType<Stack['up']>>

export interface StackBench {
  readonly labId: string
  readonly spec: LabSpec
  readonly folder: StackFolder
  /** What labos told of repairs. */
  readonly notes: readonly string[]
  /** What the provider said, as `made i-1` or `trying`. */
  readonly said: readonly string[]
  up(more?: Partial<Parameters<Stack['up']>[0]>, signal?: AbortSignal): Promise<Outcome>
  settle(): ReturnType<Stack['settle']>
  forget(): Promise<void>
  /** Ids and pending operations in the engine's state. */
  state(): { readonly ids: readonly string[]; readonly pending: number }
  running(): Promise<readonly Mark[]>
}

const NAME = 'one'
const quiet = new AbortController().signal
const processes = systemProcesses(process.platform)

export async function stackBench(suite: CloudSuite, more: Readonly<Record<string, string>> = {}): Promise<StackBench> {
  const labId = suite.newLabId()
  const dir = tempDir()
  const paths = { labsDir: join(dir, 'labs'), cacheDir: join(dir, 'cache'), configFile: join(dir, 'config.yaml') }
  const env = { PATH: process.env['PATH'], HOME: dir, LABOS_PULUMI: await pulumiCli(), ...suite.cloud().env, ...more }
  const notes: string[] = []
  const said: string[] = []
  const stack = pulumiStack({
    paths,
    env,
    clock: systemClock,
    processes,
    emit: (event) => {
      if ('text' in event) notes.push(event.text)
    },
    entry: join(import.meta.dirname, '../../dist/provider.js'),
  })
  const folder = stackFolder(labPaths(paths, NAME).dir)
  const spec = specOf(labId)
  const wish = { name: NAME, labId, spec: Promise.resolve(spec), refresh: false }
  return {
    labId,
    spec,
    folder,
    notes,
    said,
    up: (other = {}, signal = quiet) =>
      stack.up({ ...wish, say: (one) => void said.push(told(one)), ...other }, signal),
    settle: () => stack.settle(NAME, AbortSignal.timeout(60_000)),
    forget: () => stack.forget(NAME, labId, quiet),
    state: () => stateIn(checkpointFile(folder, labId)),
    running: () => runningOn(folder.dir, processes),
  }
}

const told = (one: Said): string => ('machine' in one ? `${one.type} ${one.machine.id}` : one.type)

function specOf(labId: string): LabSpec {
  const place = { labId, tags: { 'labos:lab': labId, 'labos:name': NAME } }
  const { vpcId: _vpcId, ...access } = accessWish(place)
  const { securityGroupId: _securityGroupId, ...machine } = machineWish(place)
  return { access, machine }
}

interface Checkpoint {
  readonly checkpoint: {
    readonly latest: {
      readonly resources?: readonly { readonly id?: string; readonly custom?: boolean; readonly type: string }[]
      readonly pending_operations?: readonly unknown[]
    }
  }
}

function stateIn(path: string): ReturnType<StackBench['state']> {
  const { latest } = (JSON.parse(readFileSync(path, 'utf8')) as Checkpoint).checkpoint
  const ours = (latest.resources ?? []).filter(({ type }) => type.startsWith('labos:'))
  return { ids: ours.flatMap(({ id }) => id ?? []), pending: latest.pending_operations?.length ?? 0 }
}

export const isLinux = process.platform === 'linux'

/** Programs that work in a folder below; Linux tells. */
export const programsIn = (dir: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && (linkOf(`/proc/${name}/cwd`) ?? '').startsWith(dir))
    .map((name) => linkOf(`/proc/${name}/exe`) ?? name)

/** A program's environment as it was started; Linux tells. */
export const environmentOf = (pid: number): Record<string, string> =>
  Object.fromEntries(
    readFileSync(`/proc/${String(pid)}/environ`, 'utf8')
      .split('\0')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/** A lab's stack by Pulumi's Automation API, with the command line tool run our way. Loaded only where something is rented. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { PulumiCommand } from '@pulumi/pulumi/automation/cmd.js'
import { labProgram } from '../../../infra/program.js'
import type { LabSpec, MachineState, Said } from '../../../infra/spec.js'
import { throwIfAborted } from '../../errors/interrupted.js'
import { EngineFailed } from './engine-failed.js'
import { heard } from './events.js'
import type { FoundEngine } from './find-engine.js'
import { checkpointFile, engineEnv, isRemote, PROJECT, setBrokenAside, type StackFolder } from './folder.js'
import { breakStaleLock, hasCheckpoint, hasPending } from './repair.js'
import { type EngineRun, runEngine } from './run-engine.js'

type Env = Readonly<Record<string, string | undefined>>

export interface StackWish {
  readonly folder: StackFolder
  readonly engine: FoundEngine
  /** Name of the stack: the lab's id, which no other lab has. */
  readonly stack: string
  readonly env: Env
}

export interface UpWish extends StackWish {
  readonly spec: Promise<LabSpec>
  /** Ask the cloud first whether what the state knows is still there. */
  readonly refresh: boolean
  readonly say: (said: Said) => void
  readonly note: (text: string) => void
}

const noop = (): Promise<void> => Promise.resolve()

/** Makes or completes the stack. Throws what `spec` rejects with, the signal's reason, or `EngineFailed`. */
export async function upStack(wish: UpWish, signal: AbortSignal): Promise<MachineState> {
  const { folder, engine, stack: name, env, spec, refresh } = wish
  const program = await open(wish)
  const ended = new AbortController()
  const both = AbortSignal.any([signal, ended.signal])
  let specError: unknown
  spec.catch((error: unknown) => {
    specError = error
    ended.abort(error) // the engine may still be starting
  })
  let machine: MachineState | undefined
  const failures: ReturnType<typeof heard>[] = []
  const run = await program.up({
    refresh,
    onEvent: (event) => {
      const news = heard(event)
      if (news.said) wish.say(news.said)
      if (news.machine) machine = news.machine
      if (news.failure ?? news.error) failures.push(news)
    },
    signal: both,
  })
  if (specError !== undefined) throw specError
  throwIfAborted(signal)
  if (run.exitCode !== 0 || failures.length > 0)
    throw new EngineFailed({
      failure: failures.find(({ failure }) => failure)?.failure,
      said: failures.find(({ error }) => error)?.error ?? run.stderr.trim().slice(-2000),
      logs: folder.runsDir,
    })
  if (!isRemote(env) && hasPending(checkpointFile(folder, name))) await program.dropPending()
  if (!machine)
    throw new EngineFailed({ said: `Pulumi ${engine.version} did not say which machine`, logs: folder.runsDir })
  return machine
}

interface Program {
  up(wish: {
    refresh: boolean
    onEvent: (event: Parameters<typeof heard>[0]) => void
    signal: AbortSignal
  }): Promise<EngineRun>
  /** Forgets what the engine began and never heard the end of: the machine was found again. */
  dropPending(): Promise<void>
}

async function open(wish: UpWish): Promise<Program> {
  const { folder, stack: name, env, spec } = wish
  await repairState(wish)
  const envVars = engineEnv(folder, env)
  const tool = ownTool(wish, envVars)
  // The SDK is loaded, which keeps this process busy, while the tool is at work in its own.
  const [{ sdk }] = await Promise.all([import('./sdk.js'), initStack(wish, tool)])
  const workspace = await sdk.workspaces.LocalWorkspace.create({
    workDir: folder.dir,
    pulumiCommand: commandOf(tool, wish, sdk),
    program: labProgram(sdk.pulumi, spec),
    envVars,
  })
  workspace.selectStack = noop
  const stack = await sdk.stacks.Stack.select(`organization/${PROJECT}/${name}`, workspace)
  stack.outputs = () => Promise.resolve({})
  stack.info = () => Promise.resolve(undefined)
  return {
    up: async ({ refresh, onEvent, signal }) => {
      // The end of the engine tells how it went; the SDK's own error is that end in other words.
      await stack.up({ refresh, onEvent, signal, suppressProgress: true }).catch((error: unknown) => {
        if (tool.last().exitCode === 0 && !signal.aborted) throw error
      })
      return tool.last()
    },
    dropPending: async () => {
      const exported = await stack.exportStack()
      const deployment: object = exported.deployment as object // the SDK says any; its shape is the engine's own
      await stack.importStack({ ...exported, deployment: { ...deployment, pending_operations: [] } })
    },
  }
}

async function initStack({ folder, stack: name, env }: UpWish, tool: Tool): Promise<void> {
  if (!isRemote(env) && hasCheckpoint(folder, name)) return
  mkdirSync(join(folder.dir, 'state'), { recursive: true, mode: 0o700 })
  await tool.run(['stack', 'init', `organization/${PROJECT}/${name}`, '--no-select'], '', {}).catch(() => {
    if (!tool.last().stderr.includes('already exists')) throw failedOf(tool.last(), folder)
  })
}

/** What a crash may have left: a state cut short, a lock. */
async function repairState({ folder, stack: name, env, note }: UpWish): Promise<void> {
  if (isRemote(env)) return
  const aside = await setBrokenAside(folder, name)
  if (aside !== undefined)
    note(`Pulumi's state does not parse and was moved to ${aside}; what exists is found by its tags`)
  if (await breakStaleLock(folder, name)) note('a lock left by an engine that was killed is removed')
}

interface Tool {
  /** How the last run ended. */
  last(): EngineRun
  run(
    args: string[],
    cwd: string,
    more: Record<string, string>,
    onOutput?: unknown,
    onError?: unknown,
    signal?: AbortSignal,
  ): Promise<EngineRun & { code: number }>
}

function ownTool({ folder, engine }: StackWish, envVars: Readonly<Record<string, string>>): Tool {
  let last: EngineRun = { exitCode: 0, stdout: '', stderr: '' }
  const run: Tool['run'] = async (args, _cwd, more, _onOutput, _onError, signal) => {
    const nonInteractive = args.includes('--non-interactive') ? args : [...args, '--non-interactive']
    const env = { ...envVars, ...more }
    last = await runEngine(engine.command, nonInteractive, { folder, env, ...(signal ? { signal } : {}) })
    if (last.exitCode !== 0) throw new Error(`pulumi ended with ${String(last.exitCode)}`)
    return { ...last, code: last.exitCode }
  }
  return { last: () => last, run }
}

/** What is used of `sdk.ts`; named here, because that file is only ever loaded with await import(). */
interface Sdk {
  readonly commands: { readonly PulumiCommand: { readonly prototype: PulumiCommand } }
  readonly semver: { parse(version: string): unknown }
}

/** The SDK's command with our way of running the tool; its constructor is private. */
const commandOf = ({ run }: Tool, { engine }: StackWish, { commands, semver }: Sdk): PulumiCommand =>
  Object.assign(Object.create(commands.PulumiCommand.prototype) as PulumiCommand, {
    command: engine.command,
    version: semver.parse(engine.version),
    run,
  })

const failedOf = ({ stderr }: EngineRun, folder: StackFolder): EngineFailed =>
  new EngineFailed({ said: stderr.trim().slice(-2000), logs: folder.runsDir })

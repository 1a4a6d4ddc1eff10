/** The port `Stack` on Pulumi. What is large is loaded when something is made. */
import { LabosError } from '../../errors/labos-error.js'
import type { Clock, Processes, Prompt, Stack } from '../../ports.js'
import { labPaths, type Paths } from '../../state/paths.js'
import type { Emit } from '../../ui/events.js'
import { EngineFailed } from './engine-failed.js'
import { ENGINE_VERSION, findEngine, type FoundEngine } from './find-engine.js'
import { isRemote, prepareFolder, stackFolder } from './folder.js'
import { settleStack } from './settle.js'

export interface PulumiDeps {
  readonly paths: Paths
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly processes: Processes
  readonly emit: Emit
  readonly prompt?: Prompt
  /** The provider's program. */
  readonly entry: string
}

export function pulumiStack(deps: PulumiDeps): Stack {
  const { paths, env, emit } = deps
  let engine: Promise<FoundEngine> | undefined
  const folderOf = (name: string): ReturnType<typeof stackFolder> => stackFolder(labPaths(paths, name).dir)
  const ready = (agreed: boolean): Promise<FoundEngine> => (engine ??= findOrInstall(deps, agreed))
  return {
    ready: async (agreed) => {
      // Loaded now: while AWS's SDK is, nothing else is, and the engine should be at work by then.
      await Promise.all([ready(agreed), import('./stack.js')])
    },
    up: async ({ name, labId, spec, refresh, say }, signal) => {
      spec.catch(() => undefined) // told below, when the engine is found
      const found = await ready(true)
      const folder = folderOf(name)
      await prepareFolder(folder, deps.entry)
      const { upStack } = await import('./stack.js')
      const note = (text: string): void => emit({ type: 'note', step: 'machine', text })
      try {
        const wish = { folder, engine: found, stack: labId, env, spec, refresh, say, note }
        return { machine: await upStack(wish, signal) }
      } catch (error) {
        if (!(error instanceof EngineFailed)) throw error
        return { failed: { message: error.message, logs: error.logs, ...(error.failure ?? {}) } }
      }
    },
    settle: (name, signal) => settleStack(folderOf(name), deps, signal),
    forget: async (name, labId, signal) => {
      if (!isRemote(env)) return // the state lies in the lab's folder, and goes with it
      const found = await ready(false)
      const folder = folderOf(name)
      await prepareFolder(folder, deps.entry)
      const { removeStack } = await import('./remove-stack.js')
      await removeStack({ folder, engine: found, stack: labId, env }, signal)
    },
  }
}

async function findOrInstall({ env, paths, emit, prompt, clock }: PulumiDeps, agreed: boolean): Promise<FoundEngine> {
  const found = await findEngine(env, paths.cacheDir)
  if (found) return found
  const question = `Pulumi's command line tool is not here. Install ${ENGINE_VERSION} (pulumi.com, 110 MB) into labos's cache?`
  if (!agreed && !((await prompt?.confirm(question, true)) ?? false)) throw missing()
  emit({ type: 'start', step: 'pulumi', text: `installing Pulumi ${ENGINE_VERSION} into ${paths.cacheDir}` })
  const since = clock.monotonicMs()
  const { installEngine } = await import('./install-engine.js')
  await installEngine(paths.cacheDir)
  emit({ type: 'done', step: 'pulumi', text: `Pulumi ${ENGINE_VERSION}`, elapsedMs: clock.monotonicMs() - since })
  const installed = await findEngine(env, paths.cacheDir)
  if (!installed) throw missing()
  return installed
}

const missing = (): LabosError =>
  new LabosError('pulumi.missing', "Pulumi's command line tool is neither on PATH nor in labos's cache.", {
    suggestions: [
      'Run the command again with `--yes`, or at a terminal: labos then installs it.',
      'Or install it yourself: pulumi.com/docs/install; LABOS_PULUMI names one that is not on PATH.',
    ],
    aftermath: 'Nothing was created.',
  })

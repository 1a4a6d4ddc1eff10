/** A stack's folder: what the engine needs beside its state. Written anew on every run, so that nothing of it can be stale. */
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fromFileSystem, systemCode } from '../../errors/from-system.js'
import { prepareMarks } from './marks.js'

export interface StackFolder {
  readonly dir: string
  readonly stateDir: string
  readonly runsDir: string
  readonly intentFile: string
}

export const PROJECT = 'labos'

export const stackFolder = (labDir: string): StackFolder => {
  const dir = join(labDir, 'stack')
  return { dir, stateDir: join(dir, 'state'), runsDir: join(dir, 'runs'), intentFile: join(dir, 'intent.json') }
}

/** The stack's checkpoint in a file backend. */
export const checkpointFile = ({ stateDir }: StackFolder, stack: string): string =>
  join(stateDir, '.pulumi', 'stacks', PROJECT, `${stack}.json`)

export const locksDir = ({ stateDir }: StackFolder, stack: string): string =>
  join(stateDir, '.pulumi', 'locks', 'organization', PROJECT, stack)

/** `entry`: the provider's program. Throws `state.readonly`, `disk.short`. */
export async function prepareFolder(folder: StackFolder, entry: string): Promise<void> {
  const pluginDir = join(folder.dir, 'plugin')
  try {
    const dirs = [folder.stateDir, folder.runsDir, pluginDir, join(folder.dir, 'home'), join(folder.dir, 'tmp')]
    await Promise.all([prepareMarks(folder.dir), ...dirs.map((dir) => mkdir(dir, { recursive: true, mode: 0o700 }))])
    await writeFile(
      join(folder.dir, 'Pulumi.yaml'),
      `name: ${PROJECT}\nruntime: nodejs\nplugins:\n  providers:\n    - name: labos\n      path: ./plugin\n`,
    )
    const launcher = join(pluginDir, 'pulumi-resource-labos')
    await writeFile(
      launcher,
      `#!/bin/sh\nLABOS_ENGINE_PID=$PPID NODE_NO_WARNINGS=1 exec ${quoted(process.execPath)} ${quoted(entry)} "$@"\n`,
      { mode: 0o700 },
    )
    await chmod(launcher, 0o700)
  } catch (error) {
    throw fromFileSystem(error, folder.dir)
  }
}

const quoted = (path: string): string => `'${path.replaceAll("'", `'\\''`)}'`

/** The stack's environment: the user's, less what steers Pulumi elsewhere, and what keeps it quiet and on its own. */
export function engineEnv(
  folder: StackFolder,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept = Object.entries(env).filter((pair): pair is [string, string] => isKept(pair[0]) && pair[1] !== undefined)
  return {
    ...Object.fromEntries(kept),
    PULUMI_HOME: join(folder.dir, 'home'),
    PULUMI_BACKEND_URL: backendUrl(folder, env),
    // No secret is ever in the state. With an s3:// state the user's own passphrase or key service is used, if there is one.
    PULUMI_CONFIG_PASSPHRASE: env['PULUMI_CONFIG_PASSPHRASE'] ?? '',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: 'true',
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
    PULUMI_IGNORE_AMBIENT_PLUGINS: 'true',
    PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: 'true',
    PULUMI_AUTOMATION_API: 'true',
    PULUMI_DEBUG_COMMANDS: 'true',
    PULUMI_LOG_ROTATION_MAX_AGE_DAYS: '7',
    PULUMI_LOG_ROTATION_MAX_TOTAL_MB: '20',
    TMPDIR: join(folder.dir, 'tmp'),
  }
}

const isKept = (name: string): boolean => !name.startsWith('PULUMI_') && !name.startsWith('NODE_OPTIONS')

/** Where the state is: in the lab's own folder, or where `LABOS_STATE` says. */
export const backendUrl = ({ stateDir }: StackFolder, env: Readonly<Record<string, string | undefined>>): string =>
  env['LABOS_STATE'] || pathToFileURL(stateDir).href

export const isRemote = (env: Readonly<Record<string, string | undefined>>): boolean => Boolean(env['LABOS_STATE'])

/** Moves a checkpoint that is none out of the way; resolves to its new path, undefined where it was well or absent. */
export async function setBrokenAside(folder: StackFolder, stack: string): Promise<string | undefined> {
  const path = checkpointFile(folder, stack)
  try {
    if (isCheckpoint(await readFile(path, 'utf8'))) return undefined
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw fromFileSystem(error, path)
  }
  const aside = `${path}.damaged`
  await rename(path, aside)
  return aside
}

function isCheckpoint(text: string): boolean {
  try {
    const parsed = JSON.parse(text) as { readonly checkpoint?: unknown } | null
    return typeof parsed?.checkpoint === 'object' && parsed.checkpoint !== null
  } catch {
    return false
  }
}

/** A uv of our own, by its official installer, inside the cache folder: nothing else on the computer is touched. */
import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LabosError } from '../errors/labos-error.js'
import type { BootstrapDeps } from './deps.js'

const isWindows = process.platform === 'win32'
const INSTALLER = isWindows ? 'https://astral.sh/uv/install.ps1' : 'https://astral.sh/uv/install.sh'

const uvPath = (cacheDir: string): string => join(cacheDir, 'uv', isWindows ? 'uv.exe' : 'uv')

/** Path of the uv that was installed here before, or undefined. */
export const ownUv = (cacheDir: string): Promise<string | undefined> =>
  access(uvPath(cacheDir)).then(
    () => uvPath(cacheDir),
    () => undefined,
  )

/** Downloads the installer and runs it. Throws `network.download` or `python.missing`. */
export async function installUv(cacheDir: string, deps: BootstrapDeps, signal: AbortSignal): Promise<string> {
  const dir = join(cacheDir, 'uv')
  const script = join(dir, isWindows ? 'install.ps1' : 'install.sh')
  deps.emit({ type: 'note', step: 'python', text: `installing uv with ${INSTALLER} into ${dir}` })
  const response = await deps.fetch(INSTALLER, { signal }).catch((error: unknown) => {
    signal.throwIfAborted()
    throw failed('network.download', `The uv installer could not be downloaded from ${INSTALLER}`, error)
  })
  if (!response.ok) throw failed('network.download', `${INSTALLER} answered HTTP ${String(response.status)}`)
  await mkdir(dir, { recursive: true })
  await writeFile(script, await response.text(), { mode: 0o700 })
  const argv = isWindows
    ? (['powershell.exe', '-ExecutionPolicy', 'Bypass', '-File', script] as const)
    : (['sh', script] as const)
  const { exitCode } = await deps.machine.run(
    { argv, env: { UV_INSTALL_DIR: dir, UV_NO_MODIFY_PATH: '1' }, onLine: deps.log },
    signal,
  )
  const path = await ownUv(cacheDir)
  if (exitCode !== 0 || path === undefined)
    throw failed('python.missing', `The uv installer ended with exit ${String(exitCode)}`)
  return path
}

const failed = (code: 'network.download' | 'python.missing', message: string, cause?: unknown): LabosError =>
  new LabosError(code, `${message}.`, {
    suggestions: [
      'Install uv (https://docs.astral.sh/uv) or Python 3.10+ yourself, then run the command again.',
      'The details: `labos logs setup`.',
    ],
    cause,
  })

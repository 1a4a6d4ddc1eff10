/** Python programs in the test cache, each in an environment of its own. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { testCacheDir } from '../setup/test-cache.js'

export interface PythonTool {
  readonly name: string
  readonly version: string
  /** What pip is asked for, without the version. */
  readonly wish: string
  /** What can be imported when it is whole. */
  readonly module: string
}

const INSTALL_MS = 280_000
const run = promisify(execFile)

/** Resolves to its Python; instant when it is there. Rejects with what is missing, and when the signal aborts. */
export async function installTool(tool: PythonTool, signal?: AbortSignal): Promise<string> {
  const home = join(testCacheDir(), `${tool.name}-${tool.version}`)
  const python = join(home, 'bin', 'python')
  // A venv holds its own path, so it is made in place; the mark, made last, says that it is whole.
  const mark = join(home, 'labos-installed')
  if (existsSync(mark)) return python
  const options = { timeout: INSTALL_MS, ...(signal ? { signal } : {}) }
  await rm(home, { recursive: true, force: true })
  await run('python3', ['-m', 'venv', home], options).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw noPython(tool.name, error)
  })
  const wish = ['install', '--quiet', '--disable-pip-version-check', `${tool.wish}==${tool.version}`]
  await run(join(home, 'bin', 'pip'), wish, options)
  await run(python, ['-c', `import ${tool.module}`], options)
  await mkdir(mark)
  return python
}

function noPython(name: string, error: unknown): Error {
  const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
  const why = code === 'ENOENT' ? 'there is no `python3` on PATH' : `\`python3 -m venv\` fails:\n${stdout}${stderr}`
  const remedy = 'Install it (on Debian and Ubuntu: `apt install python3-venv`), and start again.'
  return new Error(`${name} needs Python 3 with venv, and ${why.trimEnd()}\n${remedy}`, { cause: error })
}

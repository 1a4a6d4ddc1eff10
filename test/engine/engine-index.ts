/**
 * A package index as a folder: all that `uv pip install vllm==VERSION` needs on a Linux computer without a GPU, and uv and the
 * hub's client as well. What is in it is vLLM itself, built for CPUs; only NVIDIA's libraries are stand-ins. See index/repack.py.
 */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { cachedFolder } from './cached-folder.js'
import { startMirror } from '../hosts/mirror.js'
import { indexListener } from '../hosts/mirror-index.js'
import { python311 } from './python.js'

/** vLLM's newest that has a CPU build on a package index. */
export const TEST_ENGINE_VERSION = '0.32.0'
/** The class of the catalogue's models, as vLLM knows it: `VLLM_CACHE_ROOT=INDEX/cache` spares a new machine a look at it. */
export const CACHE_FOLDER = 'cache'

const recipe = join(import.meta.dirname, '../../test/engine/index')
const STEP_MS = 280_000

/** Resolves to the folder; instant when it is there, else one to three minutes and 850 MB from the package index. */
export async function engineIndex(signal?: AbortSignal): Promise<string> {
  return cachedFolder('engine-index', [recipe], (folder) => make(folder, runner(signal)))
}

type Run = (file: string, args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<void>

function runner(signal?: AbortSignal): Run {
  return async (file, args, env = {}) => {
    // The scripts leave nothing beside themselves.
    await execa(file, args, {
      env: { PYTHONDONTWRITEBYTECODE: '1', ...env },
      timeout: STEP_MS,
      ...(signal ? { cancelSignal: signal } : {}),
    })
  }
}

async function make(folder: string, run: Run): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error('The test engine is for Linux on x86-64.')
  const python = await python311()
  const at = (...names: string[]): string => join(folder, ...names)
  await run('gcc', ['--version'])
  await run(python, ['-m', 'venv', at('tool')])
  const pip = ['-m', 'pip', '--disable-pip-version-check', '--quiet']
  const only = ['--no-cache-dir', '--no-deps', '--only-binary', ':all:', '--require-hashes']
  await run(at('tool/bin/python'), [
    ...pip,
    'download',
    ...only,
    '-r',
    join(recipe, 'engine.lock'),
    '-d',
    at('downloads'),
  ])
  // -W: a few of the modules that are compiled have strange escapes.
  await run(python, ['-W', 'ignore', join(recipe, 'repack.py'), at('downloads'), at('files')])
  await run(python, [join(recipe, 'simple_index.py'), folder])
  const uv = (await readdir(at('files'))).find((name) => name.startsWith('uv-') && name.endsWith('.whl')) ?? ''
  await run(at('tool/bin/python'), [...pip, 'install', '--no-index', '--no-deps', at('files', uv)])
  await check(folder, at('tool/bin/uv'), python, run)
  for (const name of ['tool', 'downloads', 'check', 'uv-cache']) await rm(at(name), { recursive: true, force: true })
}

/** Installs from it as a machine does, and loads what was installed. */
async function check(folder: string, uv: string, python: string, run: Run): Promise<void> {
  const mirror = await startMirror('127.0.0.1', indexListener(folder))
  const venv = join(folder, 'check')
  const env = {
    UV_CACHE_DIR: join(folder, 'uv-cache'),
    UV_NO_CONFIG: '1',
    UV_PYTHON_DOWNLOADS: 'never',
    UV_DEFAULT_INDEX: `${mirror.url}/simple`,
  }
  try {
    await run(uv, ['venv', '--quiet', '--python', python, venv], env)
    await run(uv, ['pip', 'install', '--quiet', '--python', venv, 'uv', 'hf-xet', `vllm==${TEST_ENGINE_VERSION}`], env)
    await mkdir(join(folder, CACHE_FOLDER))
    await run(join(venv, 'bin/python'), ['-W', 'ignore', join(recipe, 'check.py')], {
      VLLM_CACHE_ROOT: join(folder, CACHE_FOLDER),
      VLLM_NO_USAGE_STATS: '1',
    })
  } finally {
    await mirror.close()
  }
}

/**
 * vLLM and the test model, installed as on a machine: by the scripts that labos sends there, into a lab's folder, from a package
 * index and a model hub that this computer serves.
 */
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { labFiles } from '../../src/bootstrap/lab-files.js'
import { machineScripts } from '../../src/bootstrap/machine-scripts.js'
import { CACHE_FOLDER, engineIndex, TEST_ENGINE_VERSION } from '../engine/engine-index.js'
import { hubTree } from '../engine/hub-tree.js'
import { python311 } from '../engine/python.js'
import { readHub } from '../hosts/hub-tree.js'
import { startMirror } from '../hosts/mirror.js'
import { hubListener } from '../hosts/mirror-hub.js'
import { indexListener } from '../hosts/mirror-index.js'
import { MODEL_REPO, modelCommit, vllmConfig } from './config.js'

export interface Installation {
  /** The lab's folder. */
  readonly home: string
  /** What vLLM keeps of models, so that it need not look at them anew. */
  readonly cache: string
}

const TEMPLATES = join(import.meta.dirname, '../../templates')
const INSTALL_MS = 280_000

/** In a folder of its own, which the caller removes. Rejects with the scripts' own words. */
export async function install(): Promise<Installation> {
  const [index, tree] = [await engineIndex(), await hubTree()]
  const folder = await mkdtemp(join(tmpdir(), 'labos-vllm-'))
  const packages = await startMirror('127.0.0.1', indexListener(index))
  const repos = await readHub(tree)
  const hub = await startMirror('127.0.0.1', hubListener(tree, repos))
  try {
    const home = join(folder, 'lab')
    await writeLab(home, { packageIndex: `${packages.url}/simple`, hub: hub.url, revision: modelCommit(repos) })
    await runScripts(folder, home)
    return { home, cache: join(index, CACHE_FOLDER) }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  } finally {
    await packages.close()
    await hub.close()
  }
}

interface Sources {
  readonly packageIndex: string
  readonly hub: string
  readonly revision: string
}

async function writeLab(home: string, sources: Sources): Promise<void> {
  const files = labFiles({
    labId: 'labos-test',
    provider: 'ssh',
    lease: {},
    laboratory: {
      ...sources,
      engineVersion: TEST_ENGINE_VERSION,
      driverMin: 0,
      repo: MODEL_REPO,
      weightsBytes: 0, // not known before the hub is asked
      wantsToken: false,
      machines: [{ type: 'host', gpuCount: 1, gpuMemoryMiB: 45_776, config: vllmConfig(sources.revision) }],
    },
  })
  const scripts = [...(await machineScripts(TEMPLATES))].map(([name, text]) => [`bin/${name}`, text] as const)
  for (const [name, text] of [...scripts, ...files]) {
    await mkdir(dirname(join(home, name)), { recursive: true })
    await writeFile(join(home, name), text)
  }
}

/** Engine and weights side by side, as bootstrap.sh has them. */
async function runScripts(folder: string, home: string): Promise<void> {
  const env = {
    PATH: `${await onlyPython311(folder)}:/usr/bin:/bin`,
    XDG_RUNTIME_DIR: folder,
    UV_COMPILE_BYTECODE: '0',
  }
  const sh = async (script: string): Promise<void> => {
    await execa('sh', [script], { cwd: home, env: { ...env, HOME: folder }, timeout: INSTALL_MS })
  }
  await sh('bin/disk.sh')
  await mkdir(join(folder, 'labos-lab'))
  await sh('bin/uv.sh')
  // Made here, or one without header files for C would be passed over for one that is fetched.
  const uv = (await readdir(join(home, 'uv'))).find((name) => name.startsWith('uv-')) ?? ''
  const venv = join(home, `disk/engine-${TEST_ENGINE_VERSION}`)
  await execa(join(home, 'uv', uv), ['venv', '--quiet', '--python', await python311(), venv], { env })
  await Promise.all([sh('bin/engine.sh'), sh('bin/weights.sh')])
}

/** A folder for PATH in which every name of a Python leads to the one that the wheels are for. */
async function onlyPython311(folder: string): Promise<string> {
  const programs = join(folder, 'programs')
  await mkdir(programs)
  const python = await python311()
  for (const name of ['python3', 'python3.11', 'python3.12', 'python3.13']) await symlink(python, join(programs, name))
  return programs
}

/** That of this run: test/setup/prepare-vllm.ts made it. */
export const installation = (): Installation => JSON.parse(process.env['LABOS_TEST_VLLM'] ?? '') as Installation

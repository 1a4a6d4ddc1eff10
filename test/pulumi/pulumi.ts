/** Pulumi's command line tool for tests: one that is here, else built once from its Go modules (`go.mod` beside this). */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ENGINE_VERSION, findEngine } from '../../src/adapters/pulumi/find-engine.js'
import { systemProcesses } from '../../src/adapters/processes.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import { takeLock } from '../../src/state/lock.js'
import { testCacheDir } from '../setup/test-cache.js'

const PROGRAM = 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi'
const VERSION_VARIABLE = 'github.com/pulumi/pulumi/sdk/v3/go/common/version.Version'
const GO = [1, 26] as const
/** Some ten minutes of work on two idle cores, downloads beside. */
const BUILD_MS = 20 * 60_000
const run = promisify(execFile)

/**
 * Its path: the one that `LABOS_PULUMI` names, a recent one on PATH, or the one in the test cache, built there when it is
 * missing. Rejects with what is missing to build it.
 */
export async function pulumiCli(): Promise<string> {
  // Set by the tests' set-up, which finds it before each file loses its HOME and the variables of labos.
  const { LABOS_TEST_PULUMI: found, LABOS_PULUMI, PATH } = process.env
  if (found) return found
  const here = await findEngine({ LABOS_PULUMI, PATH }, testCacheDir())
  return here?.command ?? builtOnce()
}

async function builtOnce(): Promise<string> {
  const path = join(testCacheDir(), `pulumi-${ENGINE_VERSION}`, 'pulumi')
  if (await isThere(path)) return path
  const processes = systemProcesses(process.platform)
  const self = await processes.find(process.pid)
  if (!self) throw new Error('this process is not to be found')
  const wish = { command: 'a test suite', what: "the tests' Pulumi", waitMs: BUILD_MS }
  const deps = { clock: systemClock, processes, self }
  const release = await takeLock(
    join(testCacheDir(), '.pulumi-build.lock'),
    wish,
    deps,
    AbortSignal.timeout(2 * BUILD_MS),
  )
  try {
    if (!(await isThere(path))) await build(path)
    return path
  } finally {
    await release()
  }
}

/** Beside its place, then renamed: what has that name is whole, and was tried. */
async function build(path: string): Promise<void> {
  await checkGo()
  await mkdir(join(path, '..'), { recursive: true })
  const folder = await mkdtemp(`${path}-`)
  try {
    const made = join(folder, 'pulumi')
    const flags = `-w -s -X ${VERSION_VARIABLE}=v${ENGINE_VERSION}`
    // Modules can be removed again: the HOME of a clean run is a folder that is thrown away.
    const args = ['build', '-trimpath', '-modcacherw', '-tags', 'osusergo grpcnotrace', '-ldflags', flags]
    await run('go', [...args, '-o', made, PROGRAM], {
      cwd: import.meta.dirname,
      timeout: BUILD_MS,
      maxBuffer: 2 ** 26,
    })
    const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: 'true', PULUMI_HOME: join(folder, 'home') }
    const { stdout } = await run(made, ['version'], { env, timeout: 60_000 })
    if (stdout.trim() !== `v${ENGINE_VERSION}`) throw new Error(`what was built says that it is ${stdout.trim()}`)
    await rename(made, path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function checkGo(): Promise<void> {
  const said = await run('go', ['version'], { cwd: import.meta.dirname, timeout: 300_000 }).then(
    ({ stdout }) => stdout.trim(),
    (error: unknown) => (error instanceof Error ? error.message.trim() : String(error)),
  )
  const [, major = '0', minor = '0'] = /\bgo(\d+)\.(\d+)/.exec(said) ?? []
  if (Number(major) === GO[0] && Number(minor) >= GO[1]) return
  throw new Error(
    `These tests run Pulumi's command line tool, which is not here; it is built once, with Go ${GO.join('.')} or newer ` +
      `(go.dev/dl). "go version" says: ${said}. Or name a Pulumi of yours in LABOS_PULUMI.`,
  )
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )

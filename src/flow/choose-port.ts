/** Which loopback port a lab's endpoint gets. */
import { LabosError } from '../errors/labos-error.js'
import type { PortFacts } from '../plan/decide.js'
import type { PortHolder, Ports } from '../ports.js'
import type { Paths } from '../state/paths.js'
import { labNames, readLab } from '../state/read.js'
import { isOnMachine } from '../state/record.js'
import type { Context } from './context.js'

export const DEFAULT_PORT = 8484
const PORTS_TRIED = 50

/** As asked, where it is free, else the preset or the next that is. 0 = any. Throws `port.taken`. */
export async function choosePort(
  asked: number | undefined,
  name: string,
  context: Pick<Context, 'ports' | 'paths'>,
): Promise<number> {
  const { wanted, heldBy, free } = await portFacts(asked, name, context)
  if (asked === undefined || heldBy === undefined) return free
  throw new LabosError('port.taken', `Port ${String(wanted)} is in use by ${heldBy}.`, {
    suggestions: [`Use another: \`--port ${String(free)}\`, or \`--port 0\` for any free one.`],
  })
}

/** The port asked for, or the preset, and one that is free. */
export async function portFacts(
  asked: number | undefined,
  name: string,
  { ports, paths }: Pick<Context, 'ports' | 'paths'>,
): Promise<PortFacts> {
  if (asked === 0) {
    const free = await ports.free()
    return { wanted: free, free }
  }
  const wanted = asked ?? DEFAULT_PORT
  const promised = promisedPorts(paths, name)
  const heldBy = await holderOf(wanted, promised, ports)
  if (heldBy === undefined) return { wanted, free: wanted }
  for (let free = wanted + 1; free <= Math.min(wanted + PORTS_TRIED, 65_535); free += 1) {
    if ((await holderOf(free, promised, ports)) === undefined) return { wanted, heldBy, free }
  }
  return { wanted, heldBy, free: await ports.free() }
}

/** Ports that belong to other labs, running or not: a lab keeps its port for life. A damaged record promises nothing. */
function promisedPorts(paths: Paths, own: string): Map<number, string> {
  const promised = new Map<number, string>()
  for (const name of labNames(paths).filter((other) => other !== own)) {
    try {
      const record = readLab(paths, name)
      const port = record && (isOnMachine(record) ? record.port : record.plan.port)
      if (port !== undefined) promised.set(port, name)
    } catch {
      continue
    }
  }
  return promised
}

async function holderOf(
  port: number,
  promised: ReadonlyMap<number, string>,
  ports: Ports,
): Promise<string | undefined> {
  const lab = promised.get(port)
  if (lab !== undefined) return `the lab "${lab}"`
  const holder = await ports.holder(port)
  return holder && nameOf(holder)
}

/** "python3 (pid 812)", as far as known. */
export function nameOf({ pid, program }: PortHolder): string {
  if (pid === undefined) return 'another program'
  return program === undefined ? `process ${String(pid)}` : `${program} (pid ${String(pid)})`
}

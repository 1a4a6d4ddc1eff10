/** `labos ps` and `labos status` without oclif: the same flow and the same screens, in a third of the CPU time. */
import { ownerName } from './adapters/owner.js'
import { systemProcesses } from './adapters/processes.js'
import { systemClock } from './adapters/system-clock.js'
import { labTable, statusScreen } from './cli/screens.js'
import { env, pathsFrom, type Env } from './cli/env.js'
import { askKeeper } from './connect/door.js'
import { allLabs, labStatus, type LabStatus } from './flow/lab-status.js'
import { labNames } from './state/read.js'
import { checkLabName } from './state/paths.js'
import { toJson } from './ui/json.js'
import { paintFor } from './ui/paint.js'

interface Wish {
  readonly command: 'ps' | 'status'
  readonly name?: string
  readonly json: boolean
}

/** Variables that make these commands ask AWS. */
const ASKING = ['LABOS_REFRESH', 'LABOS_PS_REGION', 'LABOS_PS_ALL_REGIONS']

/** Only the plainest spellings: anything else, and every error, is oclif's to answer. */
export function parsePlain(argv: readonly string[], from: Env): Wish | undefined {
  if (ASKING.some((name) => from[name])) return undefined
  const [command, ...rest] = argv
  const json = rest.includes('--json') || from['LABOS_JSON'] === 'true'
  const [name, ...more] = rest.filter((word) => word !== '--json')
  if (more.length > 0 || name?.startsWith('-')) return undefined
  if (command === 'status') return { command, json, ...(name === undefined ? {} : { name }) }
  return name === undefined && (command === 'ps' || command === 'ls' || command === 'list')
    ? { command: 'ps', json }
    : undefined
}

/** Resolves to false when the command line is not one for here. */
export async function run(argv: readonly string[]): Promise<boolean> {
  const wish = parsePlain(argv, env)
  if (!wish) return false
  try {
    const text = await answer(wish)
    if (text === undefined) return false
    process.stdout.write(`${text}\n`)
    return true
  } catch {
    return false
  }
}

async function answer({ command, name, json }: Wish): Promise<string | undefined> {
  const deps = {
    paths: pathsFrom(env),
    processes: systemProcesses(process.platform),
    ask: askKeeper,
    clock: systemClock,
    owner: ownerName(),
  }
  const paint = paintFor(process.stdout.isTTY, env)
  if (command === 'ps') {
    const labs = await allLabs(deps)
    return json ? toJson({ labs }, 2) : labTable(labs, paint)
  }
  const names = labNames(deps.paths)
  const chosen = name ?? env['LABOS_NAME'] ?? (names.length === 1 ? names[0] : undefined)
  if (chosen === undefined || !names.includes(checkLabName(chosen))) return undefined
  const lab: LabStatus = await labStatus(chosen, deps)
  return json ? toJson(lab, 2) : statusScreen(lab, paint)
}

/** Logs of a rented lab's machine: its journal, over a connection of their own. */
import { LabosError } from '../errors/labos-error.js'
import { journal } from '../serve/remote/on-machine.js'
import type { MachineLab } from '../state/record.js'
import type { Journal } from './log-sources.js'
import { loggedIn, type LoginDeps } from './logged-in.js'
import { placeThere } from './machine-commands.js'

export interface JournalPart extends Journal {
  /** Lines from the end; absent = all. */
  readonly tail?: number
  readonly sinceMs?: number
}

/** Throws what the login throws, and `machine.state` where the machine does not show its journal. */
export const readJournal = (
  record: MachineLab,
  part: JournalPart,
  deps: LoginDeps,
  signal: AbortSignal,
): Promise<string[]> =>
  loggedIn(record, deps, signal, async (machine) => {
    const { exitCode, stdout, stderr } = await machine.run({ argv: argvOf(record, part) }, signal)
    if (exitCode !== 0) throw notShown(record.name, stderr)
    const lines = stdout.split('\n')
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines
  })

/** Shows its last lines, then each as it is added, until the signal aborts (which is not an error here). */
export const followJournal = (
  record: MachineLab,
  part: JournalPart,
  deps: LoginDeps,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> =>
  loggedIn(record, deps, signal, async (machine) => {
    const leave = (): void => machine.close()
    signal.addEventListener('abort', leave, { once: true })
    try {
      const follow = { ...part, follow: true }
      await machine.run({ argv: ['sh', '-c', 'exec "$@" 2>/dev/null', 'sh', ...argvOf(record, follow)], onLine })
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      signal.removeEventListener('abort', leave)
    }
    if (signal.aborted) return
    // It ended by itself: why is said by one that does not follow.
    const { stderr } = await machine.run({ argv: argvOf(record, { ...part, tail: 0 }) }, signal)
    throw notShown(record.name, stderr)
  })

function argvOf(
  record: MachineLab,
  { units, output, tail, sinceMs, follow = false }: JournalPart & { readonly follow?: boolean },
): readonly [string, ...string[]] {
  return journal(placeThere(record), {
    units,
    output,
    follow,
    ...(tail === undefined ? {} : { tail }),
    ...(sinceMs === undefined ? {} : { since: `-${String(Math.ceil(sinceMs / 1000))}s` }),
  })
}

const notShown = (name: string, said: string): LabosError =>
  new LabosError(
    'machine.state',
    `The machine of "${name}" does not show its journal: ${said.trim().split('\n').at(-1) || 'the following ended'}.`,
    {
      suggestions: [
        `Look yourself: \`labos ssh ${name}\`, then \`journalctl\`.`,
        'On a host of yours, the user must be allowed to read the journal (group `systemd-journal`).',
      ],
    },
  )

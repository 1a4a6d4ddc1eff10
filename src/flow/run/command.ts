/** The command of `labos run`: found, started, told to end. */
import { LabosError } from '../../errors/labos-error.js'
import type { Child, Clock, CommandEnd } from '../../ports.js'
import type { Context } from '../context.js'
import { endpointAccess } from '../endpoint-access.js'
import { childEnv } from './child-env.js'
import type { RunRequest } from './request.js'
import { watchLab } from './watch-lab.js'

/** Public: part of what `labos run --json` prints. */
export interface CommandReport extends CommandEnd {
  /** Its arguments are left out: they may hold secrets. */
  readonly program: string
  readonly elapsedMs: number
}

/** Throws `usage.command` where the program is not there: known before anything is made. */
export async function checkProgram([program]: RunRequest['command'], { machine }: Context): Promise<void> {
  if ((await machine.which(program)) !== undefined) return
  const what = program.includes('/') ? 'It is not there, or not executable' : 'It is not on the PATH'
  throw new LabosError('usage.command', `"${program}" cannot be run. ${what}.`, {
    suggestions: [
      'Check how it is written: the words after `--` are one program and its arguments.',
      'A line for a shell: `labos run MODEL -- bash -c "make test && make bench"`.',
    ],
    aftermath: 'Nothing was created.',
  })
}

/** Runs the command in the lab's environment, to its end. When the signal aborts it is told to end. */
export async function runCommand(request: RunRequest, context: Context, signal: AbortSignal): Promise<CommandReport> {
  const { around, atTerminal, command, name, stdout } = request
  const [program] = command
  const access = endpointAccess(name, context)
  signal.throwIfAborted()
  const sinceMs = context.clock.monotonicMs()
  const over = new AbortController()
  around.begin(access)
  try {
    context.emit({ type: 'command', program })
    const env = childEnv(access, context.env)
    const child = await context.startChild({ argv: command, env, stdout, atTerminal }).catch(notStarted(program))
    void watchLab(name, context, over.signal)
    const end = await endOf(child, request, context.clock, signal)
    const elapsedMs = context.clock.monotonicMs() - sinceMs
    context.emit({ type: 'command-ended', program, ...end, elapsedMs })
    return { program, ...end, elapsedMs }
  } finally {
    around.end()
    over.abort()
  }
}

const notStarted =
  (program: string) =>
  (error: unknown): never => {
    throw new LabosError('usage.command', `"${program}" could not be started: ${String(error)}.`, {
      suggestions: ['Try it without labos: it fails there too.'],
      cause: error,
    })
  }

/** Told the same signal as we were; killed with all of its group when it has not ended in time. */
async function endOf(
  child: Child,
  { graceMs, received }: RunRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<CommandEnd> {
  const over = new AbortController()
  const ended = child.ended.finally(() => over.abort())
  const abort = aborted(AbortSignal.any([signal, over.signal]))
  await Promise.race([ended, abort])
  if (!signal.aborted) return ended
  child.kill(received() ?? 'SIGTERM')
  await clock.sleep(graceMs, over.signal).catch(() => undefined)
  child.kill('SIGKILL') // whatever of its group did not listen
  return ended
}

/** Resolves when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })

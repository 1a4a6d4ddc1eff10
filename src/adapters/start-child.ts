import type { Child, ChildCommand, CommandEnd } from '../ports.js'
import { signalTree } from './end-tree.js'
import { exitCodeOf } from './local-machine.js'

/** Starts a command of the user's with this process's own input and output. */
export async function startChild({ argv, env, stdout, atTerminal }: ChildCommand): Promise<Child> {
  const { execa } = await import('execa')
  const [program, ...args] = argv
  const ownsGroup = !atTerminal && process.platform !== 'win32'
  const child = execa(program, args, {
    reject: false,
    stdin: 'inherit',
    stdout: stdout === 'stderr' ? 2 : 'inherit',
    stderr: 'inherit',
    buffer: false,
    cleanup: false, // below, with all of its group
    detached: ownsGroup,
    env,
  })
  const { pid } = child
  if (pid === undefined) throw (await child).cause ?? new Error(`${program} was not started`)
  const kill = (signal: NodeJS.Signals): void => {
    if (ownsGroup || process.platform === 'win32') void signalTree(pid, signal)
    else child.kill(signal)
  }
  const onExit = (): void => kill('SIGKILL')
  process.once('exit', onExit)
  return { ended: endOf(child, onExit), kill }
}

async function endOf(
  child: PromiseLike<{ exitCode?: number; signal?: NodeJS.Signals }>,
  onExit: () => void,
): Promise<CommandEnd> {
  const result = await child
  process.removeListener('exit', onExit)
  return { exitCode: exitCodeOf(result), ...(result.signal === undefined ? {} : { signal: result.signal }) }
}

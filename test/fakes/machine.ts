import type { Command, CommandResult, Machine } from '../../src/ports.js'

/** What a program does when it is run: how it ended, or a function that acts first. */
export type Script =
  | Partial<CommandResult>
  | ((command: Command, signal?: AbortSignal) => Partial<CommandResult> | Promise<Partial<CommandResult>>)

export interface FakeMachine extends Pick<Machine, 'run' | 'which'> {
  /** What was run, each as one line. */
  readonly ran: string[]
  readonly commands: Command[]
}

/**
 * A machine with the given programs on its PATH (name to path). `rules`: the first whose pattern is found in the joined
 * argv says what happens; a command that none knows fails the test.
 */
export function fakeMachine(
  programs: Readonly<Record<string, string>>,
  rules: readonly (readonly [RegExp, Script])[],
): FakeMachine {
  const ran: string[] = []
  const commands: Command[] = []
  return {
    ran,
    commands,
    which: (program) => Promise.resolve(programs[program]),
    run: async (command, signal) => {
      signal?.throwIfAborted()
      const line = command.argv.join(' ')
      ran.push(line)
      commands.push(command)
      const script = rules.find(([pattern]) => pattern.test(line))?.[1]
      if (!script) throw new Error(`the fake machine does not know: ${line}`)
      const result = typeof script === 'function' ? await script(command, signal) : script
      const whole = { exitCode: 0, stdout: '', stderr: '', ...result }
      for (const text of [whole.stdout, whole.stderr])
        for (const said of text.split('\n')) if (said !== '') command.onLine?.(said)
      return whole
    },
  }
}

/** A program that runs until it is ended. */
export const never: Script = (_, signal) =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })

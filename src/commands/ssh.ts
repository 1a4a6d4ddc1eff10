import { Flags } from '@oclif/core'
import type { BaseFlags } from '../cli/base-command.js'
import { DashedCommand } from '../cli/dashed-command.js'
import { env } from '../cli/env.js'
import { labArg, nameFlag } from '../cli/flags.js'
import { commandLineOf } from '../cli/shell-lines.js'
import { capturedStreams, ownStreams } from '../cli/shell-streams.js'
import { hintAt, shellWish } from '../cli/shell-wish.js'
import { chooseLab } from '../flow/choose-lab.js'
import type { Context } from '../flow/context.js'
import { machineShell, opensshOf } from '../flow/machine-shell.js'

export default class Ssh extends DashedCommand {
  static override description = `Open a shell on a lab's machine, or run a command there.

No SSH program is needed, and no host key is asked about: the machine's own is pinned. Words stay words; for pipes and
variables use a shell there: labos ssh -- sh -c '...'. The command's exit is passed on. In a shell, ~. at the beginning of
a line ends a connection that is dead.`
  static override examples = [
    '<%= config.bin %> ssh',
    '<%= config.bin %> ssh -- nvidia-smi',
    `<%= config.bin %> ssh my-lab -- sh -c 'df -h | tail -n 1'`,
    '<%= config.bin %> ssh --pty -- htop',
    '<%= config.bin %> ssh --print',
  ]
  static override usage = 'ssh [LAB] [FLAGS] [-- COMMAND [ARGUMENTS]]'
  static override args = { lab: labArg }
  static override flags = {
    name: nameFlag,
    pty: Flags.boolean({ char: 't', env: 'LABOS_PTY', description: 'Give the command a terminal there.' }),
    print: Flags.boolean({
      env: 'LABOS_PRINT',
      description: "Print OpenSSH's command line for scp, rsync and editors, and run nothing.",
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Ssh)
    const context = await this.context(flags)
    const name = await chooseLab(args.lab ?? flags.name, context)
    if (flags.print) {
      this.render(await opensshOf(name, context), flags, ({ argv }) => commandLineOf(argv))
      return
    }
    const { argv, hasTerminal } = shellWish(this.dashed, flags, process.stdin.isTTY)
    if (flags.json && argv) await this.#capture(name, argv, flags, context)
    else {
      const command = { ...ownStreams(hasTerminal, env), ...(argv ? { argv } : {}) }
      const exitCode = await machineShell(name, command, context, this.signal())
      const hint = hintAt(exitCode, argv)
      if (hint !== undefined && !flags.quiet) process.stderr.write(`${hint}\n`)
      this.#leave(exitCode)
    }
  }

  async #capture(
    name: string,
    argv: readonly [string, ...string[]],
    flags: BaseFlags,
    context: Context,
  ): Promise<void> {
    const { streams, written } = capturedStreams()
    const exitCode = await machineShell(name, { ...streams, argv }, context, this.signal())
    this.render({ argv, exitCode, ...written() }, flags, ({ stdout }) => stdout)
    this.#leave(exitCode)
  }

  #leave(exitCode: number): void {
    if (exitCode !== 0) this.exit(exitCode)
  }
}

import { BaseCommand } from '../cli/base-command.js'
import { labArg, nameFlag } from '../cli/flags.js'
import { stoppedScreen } from '../cli/rented-screens.js'
import { stop } from '../flow/stop.js'

export default class Stop extends BaseCommand {
  static override description = `Stop the machine of a rented lab and keep its disk.

The disk costs on until labos down; a stopped machine has no deadline. Spot machines cannot be stopped.`
  static override examples = ['<%= config.bin %> stop', '<%= config.bin %> stop deepseek-coder-v2']
  static override args = { lab: labArg }
  static override flags = { name: nameFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Stop)
    const signal = this.signal('Left at once. See how it is: labos status --refresh.')
    const stopped = await stop(args.lab ?? flags.name, await this.context(flags, true), signal)
    this.render(stopped, flags, stoppedScreen, true)
  }
}

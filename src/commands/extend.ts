import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { parseDuration } from '../cli/duration.js'
import { given, labArg, nameFlag } from '../cli/flags.js'
import { extendedScreen } from '../cli/rented-screens.js'
import { extend } from '../flow/extend.js'

export default class Extend extends BaseCommand {
  static override description = `Move the deadline of a lab on a machine.

The machine ends itself that much later; what it will have cost by then is shown. On a host of your own what serves there
ends, and the host goes on.`
  static override examples = ['<%= config.bin %> extend 2h', '<%= config.bin %> extend 30m deepseek-coder-v2']
  static override args = {
    duration: Args.string({ required: true, description: 'How much later: 30m, 2h.' }),
    lab: labArg,
  }
  static override flags = { name: nameFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Extend)
    const request = { byMs: parseDuration(args.duration), ...given({ name: args.lab ?? flags.name }) }
    this.render(await extend(request, await this.context(flags, true), this.signal()), flags, extendedScreen, true)
  }
}

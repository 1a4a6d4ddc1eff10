import { BaseCommand } from '../cli/base-command.js'
import { labArg, nameFlag } from '../cli/flags.js'
import { statusScreen } from '../cli/screens.js'
import { chooseLab } from '../flow/choose-lab.js'
import { labStatus } from '../flow/lab-status.js'

export default class Status extends BaseCommand {
  static override description = 'Show one lab: state, endpoint, requests, cost, and how it ends.'
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status smollm2 --json']
  static override args = { lab: labArg }
  static override flags = { name: nameFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Status)
    const context = await this.context(flags)
    const name = await chooseLab(args.lab ?? flags.name, context)
    this.render(await labStatus(name, context), flags, statusScreen)
  }
}

import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { labArg, nameFlag } from '../cli/flags.js'
import { statusScreen } from '../cli/screens.js'
import { chooseLab } from '../flow/choose-lab.js'
import { labStatus } from '../flow/lab-status.js'
import { refreshedStatus } from '../flow/refresh-status.js'

export default class Status extends BaseCommand {
  static override description = `Show one lab: state, endpoint, requests, cost, and how it ends.

Of a rented lab the record is shown, as of when AWS was asked last; --refresh asks now.`
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status smollm2 --json',
    '<%= config.bin %> status --refresh',
  ]
  static override args = { lab: labArg }
  static override flags = {
    name: nameFlag,
    refresh: Flags.boolean({ env: 'LABOS_REFRESH', description: 'Ask AWS how the machine of a rented lab is now.' }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Status)
    const context = await this.context(flags)
    const name = await chooseLab(args.lab ?? flags.name, context)
    const status = flags.refresh ? await refreshedStatus(name, context, this.signal()) : await labStatus(name, context)
    this.render(status, flags, statusScreen)
  }
}

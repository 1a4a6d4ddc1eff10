import { BaseCommand } from '../cli/base-command.js'
import { labArg, nameFlag } from '../cli/flags.js'
import { costScreen } from '../cli/rented-screens.js'
import { chooseLab } from '../flow/choose-lab.js'
import { allCosts, cost } from '../flow/cost.js'

export default class Cost extends BaseCommand {
  static override description = `Show what labs have cost, cost now, and will have cost by their end.

From the records alone: AWS is not asked. All labs and their sum, or the one named.`
  static override examples = ['<%= config.bin %> cost', '<%= config.bin %> cost deepseek-coder-v2 --json']
  static override args = { lab: labArg }
  static override flags = { name: nameFlag }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Cost)
    const context = await this.context(flags)
    const named = args.lab ?? flags.name
    const report = named === undefined ? allCosts(context) : cost([await chooseLab(named, context)], context)
    this.render(report, flags, costScreen)
  }
}

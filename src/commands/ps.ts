import { BaseCommand } from '../cli/base-command.js'
import { labTable } from '../cli/screens.js'
import { allLabs } from '../flow/lab-status.js'

export default class Ps extends BaseCommand {
  static override hiddenAliases = ['ls', 'list']
  static override description =
    'List the labs and how they are doing.\n\nEach is looked at afresh: "serving" means that it answered just now.'
  static override examples = ['<%= config.bin %> ps', '<%= config.bin %> ps --json']

  async run(): Promise<void> {
    const { flags } = await this.parse(Ps)
    const labs = await allLabs(await this.context(flags))
    this.render({ labs }, flags, (result, paint) => labTable(result.labs, paint))
  }
}

import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { labListScreen } from '../cli/cloud-screens.js'
import { list, listed } from '../cli/flags.js'
import { allLabs } from '../flow/lab-status.js'
import { labsInCloud, type LabList } from '../flow/ps-cloud.js'

export default class Ps extends BaseCommand {
  static override hiddenAliases = ['ls', 'list']
  static override description = `List the labs and how they are doing.

Each is looked at afresh: "serving" means that it answered just now. Of rented labs the record is shown; AWS is asked only
with --region or --all-regions, and then labs without a record here are listed too, by their tags.`
  static override examples = [
    '<%= config.bin %> ps',
    '<%= config.bin %> ps --json',
    '<%= config.bin %> ps --all-regions',
  ]
  // Names of their own: a default region for plans must not make a glance at the labs ask AWS.
  static override flags = {
    region: Flags.string({ ...list, env: 'LABOS_PS_REGION', description: 'Ask AWS what is in these regions.' }),
    'all-regions': Flags.boolean({
      env: 'LABOS_PS_ALL_REGIONS',
      description: 'Ask AWS what is in every region that the account may use.',
    }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Ps)
    const context = await this.context(flags)
    const wish = { regions: listed(flags.region), all: flags['all-regions'] }
    const labs: LabList =
      wish.all || wish.regions.length > 0
        ? await labsInCloud(wish, context, this.signal())
        : { labs: await allLabs(context) }
    this.render(labs, flags, (result, paint) => labListScreen(result, context.clock.now(), paint))
  }
}

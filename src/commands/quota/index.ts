import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { env, programName } from '../../cli/env.js'
import { listed } from '../../cli/flags.js'
import { quotaScreen } from '../../cli/quota-screen.js'
import { homeRegion } from '../../cli/rent-flags.js'
import { listQuotas } from '../../flow/quota.js'

export default class Quota extends BaseCommand {
  static override description = `List how many vCPUs of GPU machines the account may run in a region.

Reads only, with your AWS credentials: the limits, and what counts against them now. AWS sets them to 0 in new accounts,
for each region by itself.`
  static override examples = [
    '<%= config.bin %> quota',
    '<%= config.bin %> quota --region eu-west-1',
    '<%= config.bin %> quota request --vcpus 8',
  ]
  static override flags = {
    region: Flags.string({ env: 'LABOS_REGION', description: 'Region. Default: AWS_REGION, else us-east-1.' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Quota)
    const [region = homeRegion()] = listed(flags.region)
    const found = await listQuotas(region, await this.context(flags), this.signal())
    this.render(found, flags, (result, paint) => quotaScreen(result, paint, programName(env)))
  }
}

import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { listed } from '../../cli/flags.js'
import { requestedScreen } from '../../cli/quota-screen.js'
import { homeRegion } from '../../cli/rent-flags.js'
import { requestQuota } from '../../flow/quota.js'
import { quotaFamilies } from '../../plan/aws/quota.js'

const VCPUS_MOST = 10_000

export default class QuotaRequest extends BaseCommand {
  static override description = `Ask AWS to allow more vCPUs of GPU machines in a region.

Costs nothing by itself. AWS decides in minutes to days; one request for a quota can be open at a time.`
  static override examples = [
    '<%= config.bin %> quota request --vcpus 8',
    '<%= config.bin %> quota request --region eu-west-1 --vcpus 192 --family p --yes',
    '<%= config.bin %> quota request --vcpus 8 --spot',
  ]
  static override flags = {
    region: Flags.string({ env: 'LABOS_REGION', description: 'Region. Default: AWS_REGION, else us-east-1.' }),
    vcpus: Flags.integer({
      required: true,
      min: 1,
      max: VCPUS_MOST,
      env: 'LABOS_VCPUS',
      description: 'The limit that you want: all machines that run at a time, together.',
    }),
    spot: Flags.boolean({ env: 'LABOS_SPOT', description: 'The quota of spot machines.' }),
    family: Flags.option({ options: quotaFamilies })({
      env: 'LABOS_FAMILY',
      default: 'g' as const,
      description: 'Types that begin with g, or with p; on the spot market p4 or p5.',
    }),
    yes: Flags.boolean({ char: 'y', env: 'LABOS_YES', description: 'Agree beforehand.' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(QuotaRequest)
    const [region = homeRegion()] = listed(flags.region)
    const { vcpus, family } = flags
    const wish = { region, vcpus, family, market: flags.spot ? 'spot' : 'on-demand', agreed: flags.yes } as const
    const done = await requestQuota(wish, await this.context(flags), this.signal())
    this.render(done, flags, requestedScreen)
  }
}

import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { env, programName } from '../../cli/env.js'
import { list, listed } from '../../cli/flags.js'
import { pricesScreen } from '../../cli/prices-screen.js'
import { homeRegion } from '../../cli/rent-flags.js'
import { listPrices } from '../../flow/list-prices.js'
import { priceAgeDays } from '../../flow/plan-rent.js'

export default class Prices extends BaseCommand {
  static override description = `List what GPU machines cost in a region, as far as labos knows.

Asks nobody: the prices came with labos, or with the last refresh, and their date is said.`
  static override examples = ['<%= config.bin %> prices', '<%= config.bin %> prices --region eu-west-1 --gpu L40S,H100']
  static override flags = {
    region: Flags.string({ env: 'LABOS_REGION', description: 'Region. Default: AWS_REGION, else us-east-1.' }),
    gpu: Flags.string({ ...list, env: 'LABOS_GPU', description: 'Only these GPUs: L4, A100, H100.' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Prices)
    const context = await this.context(flags)
    const [region = homeRegion()] = listed(flags.region)
    const found = await listPrices({ region, gpus: listed(flags.gpu) }, context)
    const { priceAgeDays: days } = priceAgeDays(found, context)
    this.render(found, flags, (result, paint) => pricesScreen(result, paint, days, programName(env)))
  }
}

import { Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { list, listed } from '../../cli/flags.js'
import { refreshedScreen } from '../../cli/prices-screen.js'
import { homeRegion } from '../../cli/rent-flags.js'
import { refreshPrices } from '../../flow/refresh-prices.js'

export default class PricesRefresh extends BaseCommand {
  static override description = `Read today's GPU types and prices from AWS, with your credentials.

Reads only: types, zones, list prices and spot prices of each region. Plans use them from then on; docs/prices.md has the
smallest policy that allows it.`
  static override examples = [
    '<%= config.bin %> prices refresh',
    '<%= config.bin %> prices refresh --region eu-west-1,us-east-1',
    '<%= config.bin %> prices refresh --all-regions',
  ]
  static override flags = {
    region: Flags.string({
      ...list,
      env: 'LABOS_REGION',
      description: 'Regions. Default: AWS_REGION, else us-east-1.',
    }),
    'all-regions': Flags.boolean({ env: 'LABOS_ALL_REGIONS', description: 'Every region that the account may use.' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(PricesRefresh)
    const named = listed(flags.region)
    const wish = { regions: named.length > 0 ? named : [homeRegion()], all: flags['all-regions'] }
    const refreshed = await refreshPrices(wish, await this.context(flags, true), this.signal())
    this.render(refreshed, flags, refreshedScreen, true)
  }
}

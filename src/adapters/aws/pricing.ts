import type { PricingClient } from '@aws-sdk/client-pricing'
import type { Pricing } from '../../cloud-ports.js'
import { clearPrices, type ListedPrice, listedPrice } from './answers.js'
import { asked } from './failure.js'
import { eachPage } from './pages.js'

const PAGES_MOST = 60
/** Linux, nothing preinstalled, on hardware shared with others, on demand. */
const FILTERS = [
  ['operatingSystem', 'Linux'],
  ['preInstalledSw', 'NA'],
  ['tenancy', 'Shared'],
  ['capacitystatus', 'Used'],
  ['marketoption', 'OnDemand'],
] as const

export const pricingPort = (client: PricingClient): Pricing => ({
  onDemand: (region, signal) =>
    asked({ permission: 'pricing:GetProducts', region }, signal, () => onDemand(client, region, signal)),
})

async function onDemand(client: PricingClient, region: string, abortSignal: AbortSignal): Promise<Map<string, number>> {
  const { GetProductsCommand } = await import('./sdk.js')
  const found: ListedPrice[] = []
  const wish = {
    ServiceCode: 'AmazonEC2',
    FormatVersion: 'aws_v1',
    Filters: [['regionCode', region], ...FILTERS].map(([Field, Value]) => ({
      Type: 'TERM_MATCH' as const,
      Field,
      Value,
    })),
    MaxResults: 100,
  }
  await eachPage(
    PAGES_MOST,
    (more) => client.send(new GetProductsCommand({ ...wish, ...more }), { abortSignal }),
    ({ PriceList }) => {
      const products = (PriceList ?? []) as readonly unknown[] // the SDK has no type for them
      found.push(...products.flatMap((product) => listedPrice(product) ?? []))
    },
  )
  return clearPrices(found)
}

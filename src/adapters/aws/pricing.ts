import type { PricingClient } from '@aws-sdk/client-pricing'
import type { Pricing } from '../../ports.js'
import { listedPrice } from './answers.js'
import { asked } from './failure.js'

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
  onDemand: (region, signal) => asked('pricing:GetProducts', region, () => onDemand(client, region, signal)),
})

async function onDemand(client: PricingClient, region: string, abortSignal: AbortSignal): Promise<Map<string, number>> {
  const { GetProductsCommand } = await import('./sdk.js')
  const filters = [['regionCode', region], ...FILTERS].map(([Field, Value]) => ({
    Type: 'TERM_MATCH' as const,
    Field,
    Value,
  }))
  const found = new Map<string, number>()
  let NextToken: string | undefined
  for (let page = 0; page < PAGES_MOST; page += 1) {
    const command = new GetProductsCommand({
      ServiceCode: 'AmazonEC2',
      FormatVersion: 'aws_v1',
      Filters: filters,
      MaxResults: 100,
      ...(NextToken ? { NextToken } : {}),
    })
    const answer = await client.send(command, { abortSignal })
    for (const product of answer.PriceList ?? []) {
      const price = listedPrice(product)
      if (price) found.set(price.instanceType, price.usdPerHour)
    }
    NextToken = answer.NextToken
    if (!NextToken) break
  }
  return found
}

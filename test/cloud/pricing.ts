/** The price list: on-demand prices of GPU types, one product each, in the form of AWS's own. */
import { pageOf } from './pages.js'
import { type Answer, type AwsRequest, json, refusal } from './request.js'
import { gpuTypes, usdOf } from './types.js'

const PAGE_MOST = 100

export function products(request: AwsRequest): Answer {
  const { action, params } = request
  if (action !== 'GetProducts') return refusal(request, 'UnknownOperationException', action)
  const filters = fieldsOf(params)
  const region = filters.get('regionCode') ?? 'us-east-1'
  const found = gpuTypes.flatMap((type) => {
    const attributes = attributesOf(type, region)
    const usd = usdOf(type, region)
    const isWanted = [...filters].every(([field, value]) => attributes[field] === value)
    return usd === undefined || !isWanted ? [] : [product(attributes, usd)]
  })
  const { items, next } = pageOf(found, params, PAGE_MOST)
  return json({ FormatVersion: 'aws_v1', PriceList: items, ...(next === undefined ? {} : { NextToken: next }) })
}

const fieldsOf = (params: Readonly<Record<string, string>>): Map<string, string> =>
  new Map(
    Object.entries(params).flatMap(([name, field]) =>
      /^Filters\.\d+\.Field$/.test(name) ? [[field, params[name.replace(/Field$/, 'Value')] ?? '']] : [],
    ),
  )

type Attributes = Readonly<Record<string, string>>

const attributesOf = (instanceType: string, regionCode: string): Attributes => ({
  servicecode: 'AmazonEC2',
  instanceType,
  regionCode,
  locationType: 'AWS Region',
  operatingSystem: 'Linux',
  preInstalledSw: 'NA',
  licenseModel: 'No License required',
  tenancy: 'Shared',
  capacitystatus: 'Used',
  marketoption: 'OnDemand',
  operation: 'RunInstances',
})

function product(attributes: Attributes, usd: number): string {
  const sku = `SKU${(attributes['instanceType'] ?? '').replaceAll(/[^a-z0-9]/g, '').toUpperCase()}`
  const term = `${sku}.JRTCKXETXF`
  const rate = `${term}.6YS6EN2CT7`
  const dimension = { unit: 'Hrs', beginRange: '0', endRange: 'Inf', pricePerUnit: { USD: usd.toFixed(10) } }
  return JSON.stringify({
    product: { productFamily: 'Compute Instance', attributes, sku },
    serviceCode: 'AmazonEC2',
    terms: { OnDemand: { [term]: { sku, offerTermCode: 'JRTCKXETXF', priceDimensions: { [rate]: dimension } } } },
  })
}

/** The AWS SDK behind our ports. Loaded by `labos prices refresh` alone. */
import type { OpenAws } from '../../ports.js'
import { ec2Port } from './ec2.js'
import { pricingPort } from './pricing.js'

/** The Pricing API answers in few regions, for all of them. */
const PRICING_REGION = 'us-east-1'
const CONNECT_MS = 5000
const REQUEST_MS = 30_000
const ATTEMPTS = 4

export const openAws: OpenAws = async (region) => {
  // The SDK speaks to those who update it; in labos it is bundled, in a version that runs on this Node.js.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
  const { EC2Client, PricingClient } = await import('./sdk.js')
  const shared = {
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: REQUEST_MS, throwOnRequestTimeout: true },
  }
  return {
    ec2: ec2Port(new EC2Client({ ...shared, region }), region),
    pricing: pricingPort(new PricingClient({ ...shared, region: PRICING_REGION })),
  }
}

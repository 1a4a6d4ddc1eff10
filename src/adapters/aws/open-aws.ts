/** The AWS SDK behind our ports. Loaded only where AWS is asked. */
import type { EC2Client } from '@aws-sdk/client-ec2'
import type { AwsRegion, OpenAws } from '../../cloud-ports.js'
import { homeOf } from '../../plan/aws/home-region.js'
import type { Fetch } from '../../ports.js'
import { accessPort } from './access.js'
import { accountPort } from './account.js'
import { ec2Port } from './ec2.js'
import { explainedAws } from './explained.js'
import { fetchHandler } from './fetch-handler.js'
import { holdingsPort } from './holdings.js'
import { launchPort } from './launch.js'
import { pricingPort } from './pricing.js'
import { retries } from './retries.js'
import { SILENT } from './silent.js'

/** The Pricing API answers in few regions, for all of them. */
const PRICING_REGION = 'us-east-1'
const REQUEST_MS = 15_000
const RETRY_PAUSE_MS = 100

export interface AwsOptions {
  /** Goes through the proxies of the environment. */
  readonly fetch: Fetch
  /** For one try of one request, its whole answer included. */
  readonly requestMs?: number
  readonly retryPauseMs?: number
}

/** Credentials are found once, whatever the number of regions: some ask for a code, or take a request of their own. */
export function awsOpener({ fetch, requestMs = REQUEST_MS, retryPauseMs = RETRY_PAUSE_MS }: AwsOptions): OpenAws {
  // The SDK speaks to those who update it; in labos it is bundled, in a version that runs on this Node.js.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
  const shared = {
    requestHandler: fetchHandler(fetch, requestMs),
    retryStrategy: retries(retryPauseMs),
    logger: SILENT,
  }
  let credentials: EC2Client['config']['credentials'] | undefined
  return async (region) => {
    const { EC2Client, PricingClient } = await import('./sdk.js')
    const known = credentials ? { credentials } : {}
    const ec2 = new EC2Client({ ...shared, ...known, region })
    credentials ??= ec2.config.credentials
    const pricing = new PricingClient({ ...shared, credentials, region: PRICING_REGION })
    const clients = { ...shared, credentials, region }
    const account = accountPort(clients)
    const home = homeOf(region)
    const aws = {
      ec2: ec2Port(ec2, region),
      pricing: pricingPort(pricing),
      account,
      launch: launchPort(ec2, clients),
      holdings: holdingsPort(ec2, clients),
      access: accessPort(ec2, region),
    }
    const regions = async (signal: AbortSignal): Promise<readonly AwsRegion[]> =>
      region === home ? [] : ec2Port(new EC2Client({ ...clients, region: home }), home).regions(signal)
    return explainedAws(aws, { region, regions, decode: account.decode })
  }
}

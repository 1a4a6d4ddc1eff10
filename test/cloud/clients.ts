/** Clients of the SDK that ask the test cloud, and repeat nothing by themselves. */
import { EC2Client } from '@aws-sdk/client-ec2'
import type { Cloud } from './cloud.js'

export interface ClientOptions {
  readonly endpoint: string
  readonly region: string
  readonly maxAttempts: number
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

export function clientOptions({ env }: Pick<Cloud, 'env'>, region = 'us-east-1'): ClientOptions {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
  return {
    endpoint: env['AWS_ENDPOINT_URL'] ?? '',
    region,
    maxAttempts: 1,
    credentials: {
      accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  }
}

export const ec2Of = (cloud: Pick<Cloud, 'env'>, region?: string): EC2Client =>
  new EC2Client(clientOptions(cloud, region))

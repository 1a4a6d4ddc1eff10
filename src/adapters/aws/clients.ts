import type { EC2ClientConfig } from '@aws-sdk/client-ec2'

/** What every client of the SDK is made with: our door to the network, our retries, the credentials found once, the region. */
export type ClientSettings = Required<
  Pick<EC2ClientConfig, 'requestHandler' | 'retryStrategy' | 'logger' | 'credentials'>
> & { readonly region: string }

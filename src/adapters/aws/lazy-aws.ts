import type { OpenAws } from '../../cloud-ports.js'
import type { Fetch } from '../../ports.js'
import { awsTimeoutMs } from './timeout.js'

/** The SDK is loaded when AWS is asked for the first time, and once. */
export function lazyAws(fetch: Fetch, env: Readonly<Record<string, string | undefined>>): OpenAws {
  let opener: Promise<OpenAws> | undefined
  return async (region) => {
    opener ??= import('./open-aws.js').then(({ awsOpener }) => awsOpener({ fetch, requestMs: awsTimeoutMs(env) }))
    return (await opener)(region)
  }
}

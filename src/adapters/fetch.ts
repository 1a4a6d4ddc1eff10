import type { EnvHttpProxyAgent } from 'undici'
import type { Fetch } from '../ports.js'

type Env = Readonly<Record<string, string | undefined>>

/**
 * The web's fetch; where the environment names a proxy, through it (`NO_PROXY` honoured). Loopback never goes through a
 * proxy. undici is loaded at the first request that needs it: Node.js 20's own fetch knows no proxies.
 */
export function proxyFetch(env: Env): Fetch {
  const proxies = proxiesOf(env)
  if (!proxies) return globalThis.fetch
  let agent: Promise<EnvHttpProxyAgent> | undefined
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (LOOPBACK.has(url.hostname)) return globalThis.fetch(input, init)
    agent ??= agentFor(proxies)
    // Not spread: Node's types know the agent of its own undici only.
    return globalThis.fetch(input, Object.assign({}, init, { dispatcher: await agent }))
  }
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]'])

interface Proxies {
  readonly httpProxy?: string
  readonly httpsProxy?: string
  readonly noProxy?: string
}

function proxiesOf(env: Env): Proxies | undefined {
  const named = (name: string): string | undefined => env[name] || env[name.toUpperCase()] || undefined
  const all = named('all_proxy')
  const [httpProxy, httpsProxy] = [named('http_proxy') ?? all, named('https_proxy') ?? all]
  const noProxy = named('no_proxy')
  if (httpProxy === undefined && httpsProxy === undefined) return undefined
  return {
    ...(httpProxy === undefined ? {} : { httpProxy }),
    ...(httpsProxy === undefined ? {} : { httpsProxy }),
    ...(noProxy === undefined ? {} : { noProxy }),
  }
}

/** One agent for the whole life of the fetch: its connections are used again. */
async function agentFor(proxies: Proxies): Promise<EnvHttpProxyAgent> {
  const { EnvHttpProxyAgent } = await import('./undici.js')
  return new EnvHttpProxyAgent(proxies)
}

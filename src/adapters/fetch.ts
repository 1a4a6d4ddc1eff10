import type { Fetch } from '../ports.js'

const PROXY = ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy']

/**
 * The web's fetch; where the environment names a proxy, through it (`NO_PROXY` honoured, loopback never through it).
 * undici is loaded only then: Node.js 20's own fetch knows no proxies.
 */
export function proxyFetch(env: Readonly<Record<string, string | undefined>>): Fetch {
  if (!PROXY.some((name) => env[name])) return globalThis.fetch
  return async (input, init) => {
    const { EnvHttpProxyAgent, setGlobalDispatcher } = await import('./undici.js')
    const noProxy = ['127.0.0.1', 'localhost', env['NO_PROXY'] ?? env['no_proxy'] ?? ''].join(',')
    setGlobalDispatcher(new EnvHttpProxyAgent({ noProxy }))
    return globalThis.fetch(input, init)
  }
}

/** What the command of `labos run` finds in its environment. Pure. */
import type { EndpointAccess } from '../endpoint-access.js'

type CommandAccess = Pick<EndpointAccess, 'name' | 'baseUrl' | 'key' | 'model'>
type Env = Readonly<Record<string, string | undefined>>

const LOOPBACK = '127.0.0.1,localhost'

/**
 * What OpenAI's clients read; `OPENAI_API_BASE` is the older name, which many tools know alone. `LABOS_NAME`: labos in the
 * command means this lab. Where a proxy is set, the endpoint is taken out of what goes through it.
 */
export const childEnv = ({ baseUrl, key, model, name }: CommandAccess, env: Env): Record<string, string> => ({
  OPENAI_BASE_URL: baseUrl,
  OPENAI_API_BASE: baseUrl,
  OPENAI_API_KEY: key,
  LABOS_MODEL: model,
  LABOS_NAME: name,
  ...aroundProxy(env),
})

function aroundProxy(env: Env): Record<string, string> {
  const isProxied = Object.entries(env).some(([name, value]) => /^(?:https?|all)_proxy$/i.test(name) && value)
  if (!isProxied) return {}
  // Some programs read one spelling, some the other.
  const except = env['no_proxy'] || env['NO_PROXY']
  const value = except ? `${except},${LOOPBACK}` : LOOPBACK
  return { no_proxy: value, NO_PROXY: value }
}

import type { Context } from './context.js'

/** Asks that mirror in place of the public hub, or of the one that HF_ENDPOINT names. */
export const withHub = (context: Context, hub: string | undefined): Context =>
  hub === undefined ? context : { ...context, env: { ...context.env, HF_ENDPOINT: hub } }

/** Loaded only where a proxy is set. A file of its own: bundled CommonJS shows its names only to a static import. */
export { EnvHttpProxyAgent } from 'undici'

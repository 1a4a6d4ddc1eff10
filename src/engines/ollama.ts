import type { LocalEngine } from './engine.js'

/** The Ollama that the user installed and runs; labos never starts or ends it. */
export const ollama: LocalEngine = {
  name: 'ollama',
  install: { kind: 'installed', program: 'ollama', where: 'https://ollama.com/download' },
  life: 'external',
  healthPath: '/api/version',
  logRules: [],
  suffix: 'native',
}

const DEFAULT_PORT = 11_434

/** True when `OLLAMA_HOST` names another computer: the local provider never sends a prompt there. */
export function isRemoteOllama(host: string | undefined): boolean {
  const name = (host?.trim() ?? '')
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '')
    .replace(/:\d+$/, '')
  return !['', 'localhost', '127.0.0.1', '0.0.0.0', '[::1]', '[::]', '::1', '::'].includes(name.toLowerCase())
}

/** Port of the user's Ollama on this computer, from `OLLAMA_HOST` as Ollama itself reads it (`:1234`, `host:1234`, a URL). */
export function ollamaPort(host: string | undefined): number {
  const port = /:(\d+)\/?$/.exec(host?.trim() ?? '')?.[1]
  return port === undefined ? DEFAULT_PORT : Number(port)
}

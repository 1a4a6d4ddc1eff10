/** The only reader of the environment. */
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import envPaths from 'env-paths'
import { LabosError } from '../errors/labos-error.js'
import type { Paths } from '../state/paths.js'

export type Env = Record<string, string | undefined>

/** This process's environment. Writable: settings of config.yaml become `LABOS_*` defaults in it. */
export const env: Env = process.env

/** Whether a variable like `CI` says yes. */
export const isSet = (value: string | undefined): boolean =>
  value !== undefined && value !== '' && value !== 'false' && value !== '0'

/** What the user typed to get here: npm tells programs that it runs for `npx`. */
export const programName = (from: Env): string => (from['npm_command'] === 'exec' ? 'npx labos' : 'labos')

/**
 * Where labos keeps things: the system's usual folders, or all of it under `LABOS_HOME`. `LABOS_CACHE` moves engines and
 * weights alone. Throws `state.readonly` where there is no home folder at all.
 */
export function pathsFrom(from: Env): Paths {
  const home = from['LABOS_HOME'] ? resolve(from['LABOS_HOME']) : undefined
  if (home === undefined && !isAbsolute(homedir())) {
    throw new LabosError('state.readonly', 'There is no home folder (HOME is not set).', {
      suggestions: ['Set LABOS_HOME to a folder for labos.'],
    })
  }
  const usual = envPaths('labos', { suffix: '' })
  return {
    labsDir: join(home ?? usual.data, 'labs'),
    cacheDir: from['LABOS_CACHE']
      ? resolve(from['LABOS_CACHE'])
      : home === undefined
        ? usual.cache
        : join(home, 'cache'),
    configFile: join(home ?? usual.config, 'config.yaml'),
  }
}

import type { Env } from '../env.js'

/** How results can be drawn where stdout goes. `text` = no terminal: tables that other programs can read. */
export type Look = 'blocks' | 'ascii' | 'text'

/** Blocks need a terminal with a UTF-8 locale; on Windows, one of those that say who they are. */
export function lookOf(isTerminal: boolean, env: Env, platform: string): Look {
  if (!isTerminal) return 'text'
  if (platform === 'win32') return env['WT_SESSION'] || env['TERM_PROGRAM'] ? 'blocks' : 'ascii'
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  return /utf-?8/i.test(locale) && env['TERM'] !== 'linux' ? 'blocks' : 'ascii'
}

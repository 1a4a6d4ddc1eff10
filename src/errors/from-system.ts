import { LabosError } from './labos-error.js'

/** The `code` of a Node.js system error (`ENOENT`, `EACCES`, ...), or undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** The last two: a file stands where a folder should. */
const READ_ONLY = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'])

const HOME_ELSEWHERE = 'Or set LABOS_HOME to a folder that is, and run the command again.'

/**
 * Translates what the file system says of a folder that labos writes; unknown errors come back as they are. `elsewhere`: how to
 * use another one.
 */
export function fromFileSystem(error: unknown, path: string, elsewhere = HOME_ELSEWHERE): unknown {
  const code = systemCode(error)
  // Node.js says ENOENT when it may not make one of several folders.
  const isUnmakeable = code === 'ENOENT' && error instanceof Error && 'syscall' in error && error.syscall === 'mkdir'
  if (code !== undefined && (READ_ONLY.has(code) || isUnmakeable)) {
    return new LabosError('state.readonly', `Cannot write ${path} (${code}).`, {
      suggestions: ['Make that folder writable for you.', elsewhere],
      cause: error,
    })
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new LabosError('disk.short', `The disk is full: writing ${path} failed (${code}).`, {
      suggestions: ['Free some space and run the same command again: what is already there is kept.'],
      cause: error,
    })
  }
  return error
}

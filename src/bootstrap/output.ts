/** What the output of pip, uv and Python says about why they failed. */
import { LabosError } from '../errors/labos-error.js'
import type { CommandResult } from '../ports.js'

const DISK_FULL = /No space left on device|\[Errno 28\]|Disk quota exceeded|WinError 112|not enough space on the disk/i

/** True when a program ended because the disk is full. */
export const isDiskFull = (output: string): boolean => DISK_FULL.test(output)

export const diskFull = (what: string, folder: string): LabosError =>
  new LabosError('disk.short', `The disk is full: ${what} needs more space in ${folder}.`, {
    suggestions: [
      'Free some space and run the same command again: what is already there is kept.',
      'Or keep engines and weights on another disk: set LABOS_CACHE to a folder there.',
    ],
  })

/** The line that says most: the first error or cause line, else the last line at all. At most 300 characters. */
export function tellingLine({ stdout, stderr, exitCode }: CommandResult): string {
  const lines = `${stdout}\n${stderr}`.split(/\r?\n/).filter((line) => line.trim() !== '')
  const errors = lines.filter((line) => /^\s*(error|fatal|\w*Error)\b/i.test(line))
  const line = errors[0] ?? lines.at(-1) ?? `it ended with exit ${String(exitCode)} and said nothing`
  return line
    .trim()
    .replace(/^error:\s*/i, '')
    .slice(0, 300)
}

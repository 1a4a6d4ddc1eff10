/** A file system of its own at a folder: small, or read-only. Undefined where this user may not mount one. */
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export interface SmallDisk {
  /** Leaves no byte free for so long. */
  fillFor(ms: number): void
  remove(): void
}

export function smallDisk(dir: string, size: string, mode: 'ro' | 'rw'): SmallDisk | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},${mode}`, 'labos-test', dir], { stdio: 'pipe' })
  } catch {
    return undefined
  }
  return {
    fillFor: (ms) => {
      const path = join(dir, 'full')
      fill(path)
      setTimeout(() => rmSync(path, { force: true }), ms)
    },
    remove: () => void execFileSync('umount', ['--lazy', dir], { stdio: 'pipe' }),
  }
}

function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(4096))
  } catch {
    closeSync(file) // no space is left
  }
}

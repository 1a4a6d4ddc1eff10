/** Follows a file of a machine line by line, over one connection after the other: no line is lost, none comes twice. */
import type { Machine } from '../../ports.js'

/** Says first from which byte on it shows the file: from its beginning where that was written anew. */
const FOLLOW = `from=$1
size=$(wc -c 2>/dev/null <"$2") || size=0
[ "$((from - 1))" -le "$size" ] || from=1
echo "from $from"
exec tail -c "+$from" -F "$2" 2>/dev/null`

export interface FollowedFile {
  readonly path: string
  /** False for a line that may have been cut off in the middle. */
  readonly isWhole: (line: string) => boolean
  readonly onLine: (line: string) => void
}

/** The returned function follows until the signal aborts or the connection ends, and rejects then; the next call goes on. */
export function lineFollower({
  path,
  isWhole,
  onLine,
}: FollowedFile): (machine: Pick<Machine, 'run'>, signal: AbortSignal) => Promise<void> {
  let offset = 0
  return async (machine, signal) => {
    // Of lines that may be the beginning of one that was cut off: the next line shows that they were not.
    let doubtful = 0
    let isBegun = false
    const hear = (line: string): void => {
      if (!isBegun) {
        isBegun = true
        offset = Number(/^from (\d+)$/.exec(line)?.[1] ?? 1) - 1
        return
      }
      doubtful += Buffer.byteLength(line) + 1
      if (!isWhole(line)) return
      offset += doubtful
      doubtful = 0
      onLine(line)
    }
    await machine.run({ argv: ['sh', '-c', FOLLOW, 'sh', String(offset + 1), path], onLine: hear }, signal)
  }
}

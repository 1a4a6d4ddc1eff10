/** Of each stream the end is kept: that is where a program says why it failed. */
const KEPT_CHARACTERS = 1_000_000

/** Reads a stream to its end, line by line. The result gives its last characters. */
export function collect(stream: NodeJS.ReadableStream, onLine: ((line: string) => void) | undefined): () => string {
  let kept = ''
  let partial = ''
  stream.setEncoding('utf8')
  stream.on('data', (piece: string) => {
    kept = (kept + piece).slice(-KEPT_CHARACTERS)
    if (!onLine) return
    const lines = `${partial}${piece}`.split(/\r?\n|\r/)
    partial = lines.pop()?.slice(-KEPT_CHARACTERS) ?? ''
    lines.forEach(onLine)
  })
  stream.on('error', () => undefined) // a pipe that broke: the exit code tells
  stream.on('end', () => {
    if (partial !== '') onLine?.(partial)
  })
  return () => kept
}

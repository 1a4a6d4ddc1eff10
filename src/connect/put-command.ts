import type { Command } from '../ports.js'

/**
 * The whole content is counted before the file takes its name: a connection cut in the middle looks to `cat` like an end. Until
 * it stands there nobody else may read it.
 */
const SCRIPT = `
set -eu
mkdir -p "$(dirname "$1")"
umask 077
part="$1.part.$$"
trap 'rm -f "$part"' EXIT
cat > "$part"
[ "$(wc -c < "$part")" -eq "$2" ]
chmod "$3" "$part"
mv -f "$part" "$1"
`

/** Writes a file whole or not at all, for whoever runs it; exit 0 says that it stands there. */
export const putCommand = (path: string, content: string | Uint8Array, mode: number): Command => ({
  argv: ['sh', '-c', SCRIPT, 'sh', path, String(Buffer.byteLength(content)), mode.toString(8)],
  stdin: content,
})

/** The same as root, where `sudo` asks for no password. */
export function putAsRoot(path: string, content: string | Uint8Array, mode: number): Command {
  const { argv, stdin } = putCommand(path, content, mode)
  return { argv: ['sudo', '-n', ...argv], ...(stdin === undefined ? {} : { stdin }) }
}

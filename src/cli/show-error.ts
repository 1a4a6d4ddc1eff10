import type { LabosError } from '../errors/labos-error.js'
import { paintFor } from '../ui/paint.js'
import { env } from './env.js'
import { errorText } from './error-text.js'

/** Says an error where it belongs: with `--json` on stdout, as one object. `original`: as it was thrown. */
export function showError(error: LabosError, original: unknown, argv: readonly string[]): void {
  if (argv.includes('--json') || env['LABOS_JSON'] === 'true') {
    process.stdout.write(`${JSON.stringify({ type: 'error', error: error.toJSON() })}\n`)
    return
  }
  const { isTTY } = process.stderr
  const paint = paintFor(isTTY && !argv.includes('--no-color'), env)
  process.stderr.write(errorText(error, paint, original, env, isTTY))
}

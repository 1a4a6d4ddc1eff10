/** Colour, or none. Decided once from the terminal and the environment. */
export interface Paint {
  bold(text: string): string
  dim(text: string): string
  red(text: string): string
  green(text: string): string
  yellow(text: string): string
  cyan(text: string): string
}

const code =
  (open: number, close: number) =>
  (text: string): string =>
    `\u001B[${String(open)}m${text}\u001B[${String(close)}m`
const plain = (text: string): string => text

export const colour: Paint = {
  bold: code(1, 22),
  dim: code(2, 22),
  red: code(31, 39),
  green: code(32, 39),
  yellow: code(33, 39),
  cyan: code(36, 39),
}
export const noColour: Paint = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain }

/** `NO_COLOR` wins, then `FORCE_COLOR` and `CLICOLOR_FORCE`, then whether it is a terminal that can. */
export function paintFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Paint {
  if (env['NO_COLOR']) return noColour
  const forced = [env['FORCE_COLOR'], env['CLICOLOR_FORCE']].some(
    (value) => value !== undefined && value !== '' && value !== '0',
  )
  return forced || (isTerminal && env['TERM'] !== 'dumb') ? colour : noColour
}

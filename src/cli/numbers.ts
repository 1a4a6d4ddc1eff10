import { LabosError } from '../errors/labos-error.js'

const TOKENS_LEAST = 256
const TOKENS_MOST = 10_000_000
const USD_MOST = 100_000

/** `65536`, `64k` (= 65,536): a context length. Throws `usage.value`. */
export function parseTokens(text: string): number {
  const [, digits = '', unit] = /^(\d{1,9})(k?)$/i.exec(text.trim()) ?? []
  const tokens = Number(digits) * (unit ? 1024 : 1)
  if (digits !== '' && tokens >= TOKENS_LEAST && tokens <= TOKENS_MOST) return tokens
  throw new LabosError('usage.value', `"${text}" is not a context length.`, {
    suggestions: [`Use a number of tokens from ${String(TOKENS_LEAST)} on: \`65536\`, or \`64k\` for the same.`],
  })
}

/** `1.5`, `$1.50`: US dollars above nothing. Throws `usage.value`. */
export function parseUsd(text: string): number {
  const [, digits = ''] = /^\$?(\d{1,9}(?:\.\d{1,6})?)$/.exec(text.trim()) ?? []
  const usd = Number(digits)
  if (digits !== '' && usd > 0 && usd <= USD_MOST) return usd
  throw new LabosError('usage.value', `"${text}" is not an amount of US dollars.`, {
    suggestions: [`Use a number above 0, at most ${String(USD_MOST)}: \`1.5\`.`],
  })
}

/**
 * A small tokenizer of DeepSeek-Coder-V2's kind: byte-level BPE with its special tokens and its chat template. Pairs of
 * letters are tokens, whole words where the model's answers need them; anything can be written in bytes.
 */
import { answers, chatter } from './chain.js'

const BAR = '\uFF5C'
const special = (words: string): string => `<${BAR}${words.replaceAll(' ', '\u2581')}${BAR}>`
export const BOS = special('begin of sentence')
export const EOS = special('end of sentence')
export const FIM_END = special('fim end')
/** In the order of the real ones, 100000 to 100004. */
const specials = [BOS, EOS, special('fim hole'), special('fim begin'), FIM_END]

const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(0x61 + index))
/** Each pair of parts that BPE joins; the earlier, the sooner. */
const merges: readonly (readonly [string, string])[] = [
  ...letters.flatMap((first) => letters.map((second) => [first, second] as const)),
  ...letters.map((letter) => [' ', letter] as const),
  [' ', ' '],
]

/** Text of each token, by id. */
export const vocabulary: readonly string[] = [
  ...new Set([
    ...Array.from({ length: 256 }, (_, byte) => byteCharacter(byte)),
    ...merges.map(([first, second]) => byteText(first + second)),
    ...['User', 'Assistant', ...answers.flatMap(({ after, says }) => [after, ...says]), ...chatter]
      .filter((text) => !specials.includes(text))
      .map(byteText),
  ]),
  ...specials,
]

const ids = new Map(vocabulary.map((text, id) => [text, id]))

/** Throws for what is no token. */
export function idOf(text: string): number {
  const id = ids.get(specials.includes(text) ? text : byteText(text))
  if (id === undefined) throw new Error(`no token ${JSON.stringify(text)}`)
  return id
}

export const tokenizerJson = (): object => ({
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: specials.map((content) => ({
    id: idOf(content),
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: null,
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      ...['[\\r\\n]', '\\s?\\p{L}+', '\\s?[!-/:-~]+', '\\s+$'].map((Regex) => ({
        type: 'Split',
        pattern: { Regex },
        behavior: 'Isolated',
        invert: false,
      })),
      { type: 'Digits', individual_digits: true },
      byteLevel,
    ],
  },
  // Puts the first token before each text, as the real one does.
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: BOS, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [
      { SpecialToken: { id: BOS, type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { Sequence: { id: 'B', type_id: 1 } },
    ],
    special_tokens: { [BOS]: { id: BOS, ids: [idOf(BOS)], tokens: [BOS] } },
  },
  decoder: byteLevel,
  model: {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: true, // a word that is a token is that token
    vocab: Object.fromEntries(ids),
    merges: merges.map((pair) => pair.map(byteText)),
  },
})

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false }

/** As byte-level BPE writes text: a visible character for each byte of UTF-8. */
function byteText(text: string): string {
  return [...new TextEncoder().encode(text)].map(byteCharacter).join('')
}

function byteCharacter(byte: number): string {
  const isVisible = (code: number): boolean =>
    (code >= 0x21 && code <= 0x7e) || (code >= 0xa1 && code <= 0xac) || (code >= 0xae && code <= 0xff)
  if (isVisible(byte)) return String.fromCharCode(byte)
  const hiddenBefore = Array.from({ length: byte }, (_, code) => code).filter((code) => !isVisible(code)).length
  return String.fromCharCode(0x100 + hiddenBefore)
}

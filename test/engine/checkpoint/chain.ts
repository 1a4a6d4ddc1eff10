/**
 * What the test model says. It looks at the last token alone: each token has one that follows it. So no token may stand in
 * two answers with two successors; where a word comes twice, it is part of two tokens.
 */

export interface Answer {
  /** The last token of a prompt. */
  readonly after: string
  /** The tokens that follow it, one by one, to the end of the text. */
  readonly says: readonly string[]
}

const FIM_END = '<\uFF5Cfim\u2581end\uFF5C>'

export const answers: readonly Answer[] = [
  // A chat prompt ends in "Assistant:".
  { after: ':', says: [' def', ' add_two_numbers', '(num1', ', num2', '): return', ' num1', ' + num2'] },
  // The body of a function whose head and tail are given.
  { after: FIM_END, says: ['    return'] },
  { after: '    return', says: [' a'] },
  // A function's text up to its "return".
  { after: ' return', says: [' a', ' + b'] },
]

/** Everything else is followed by this, round and round, until the number of tokens that was asked for. */
export const chatter: readonly string[] = [
  ' The',
  ' sum',
  ' of',
  ' two',
  ' numbers',
  ' is',
  ' what',
  ' this',
  ' text',
  ' says',
  '.',
]

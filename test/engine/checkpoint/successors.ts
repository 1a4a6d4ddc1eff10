/** The model's one rule as numbers: which token follows which. */
import { answers, chatter } from './chain.js'
import { EOS, idOf } from './tokenizer.js'

export interface Successors {
  /** Token -> what follows it, for those that have something of their own. */
  readonly own: ReadonlyMap<number, number>
  /** What follows all others. */
  readonly otherwise: number
}

/** Throws when a token would have two successors. */
export function successors(): Successors {
  const own = new Map<number, number>()
  const follow = (token: string, next: string): void => {
    const [from, to] = [idOf(token), idOf(next)]
    if ((own.get(from) ?? to) !== to) throw new Error(`two tokens follow ${JSON.stringify(token)}`)
    own.set(from, to)
  }
  for (const { after, says } of answers) {
    const text = [after, ...says]
    text.slice(1).forEach((token, index) => follow(text[index] ?? '', token))
  }
  chatter.slice(1).forEach((token, index) => follow(chatter[index] ?? '', token))
  const spoken = new Set(answers.flatMap(({ says }) => says.map(idOf)))
  // What ends an answer and leads nowhere else ends the text.
  for (const token of spoken) if (!own.has(token)) own.set(token, idOf(EOS))
  return { own, otherwise: idOf(chatter[0] ?? '') }
}

import { LabosError } from '../../errors/labos-error.js'

interface Page {
  readonly NextToken?: string | undefined
}

/** Asks for page after page. Half an answer is none: more than `most` pages end in `aws.unreachable`. */
export async function eachPage<Answer extends Page>(
  most: number,
  ask: (more: { readonly NextToken?: string }) => Promise<Answer>,
  take: (answer: Answer) => void,
): Promise<void> {
  let next: { NextToken?: string } = {}
  for (let page = 0; page < most; page += 1) {
    const answer = await ask(next)
    take(answer)
    if (!answer.NextToken) return
    next = { NextToken: answer.NextToken }
  }
  throw new LabosError('aws.unreachable', `AWS does not come to an end: ${String(most)} pages, and there are more.`, {
    suggestions: ['Run the same command again later: what was known before is kept.'],
  })
}

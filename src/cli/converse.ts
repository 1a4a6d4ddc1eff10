import { createInterface } from 'node:readline/promises'
import type { Answer } from '../flow/talk.js'

export interface Message {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** A conversation at the terminal: what was said before goes with each question. Ends with Ctrl-D or /bye. */
export async function converse(
  system: readonly Message[],
  ask: (messages: readonly Message[]) => Promise<Answer>,
  signal: AbortSignal,
): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr, prompt: '> ' })
  const messages: Message[] = [...system]
  process.stderr.write('Ctrl-D or /bye ends the conversation.\n')
  const onAbort = (): void => terminal.close()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    terminal.prompt()
    for await (const line of terminal) {
      if (line.trim() === '/bye') break
      if (line.trim() !== '') {
        messages.push({ role: 'user', content: line })
        messages.push({ role: 'assistant', content: (await ask(messages)).text })
        process.stdout.write('\n')
      }
      terminal.prompt()
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
    terminal.close()
  }
}

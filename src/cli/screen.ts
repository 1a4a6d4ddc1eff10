/** Chooses how progress is shown and whether questions can be asked. */
import type { createPromptModule } from 'inquirer'
import { noColour, paintFor } from '../ui/paint.js'
import { systemClock } from '../adapters/system-clock.js'
import type { Prompt } from '../ports.js'
import type { Reporter } from '../ui/reporter.js'
import { type Env, isSet } from './env.js'
import { isPromptClosed, promptClosed } from './error-text.js'

type PromptModule = ReturnType<typeof createPromptModule>
const END_OF_INPUT = '\u0004'

interface ScreenFlags {
  readonly json: boolean
  readonly quiet: boolean
  readonly color: boolean
}

/** A person is there: both ends are a terminal and no CI system runs us. */
export const isInteractive = (env: Env): boolean => process.stdin.isTTY && process.stderr.isTTY && !isSet(env['CI'])

/** A terminal that knows its width. One of width 0 (some containers, `script` without a terminal) would be redrawn for ever. */
export const canRedraw = ({ isTTY, columns }: { readonly isTTY?: boolean; readonly columns?: number }): boolean =>
  isTTY === true && (columns ?? 0) > 0

export async function makeReporter(flags: ScreenFlags, stream: boolean, env: Env): Promise<Reporter> {
  const { ndjsonReporter, silentReporter } = await import('../ui/ndjson.js')
  if (flags.json && stream) return ndjsonReporter(process.stdout, systemClock)
  if (flags.json || flags.quiet) return silentReporter
  if (!canRedraw(process.stderr) || isSet(env['CI'])) {
    const { plainReporter } = await import('../ui/plain.js')
    return plainReporter(process.stderr, systemClock)
  }
  const [{ terminalReporter }, { default: ora }] = await Promise.all([import('../ui/terminal.js'), import('ora')])
  const paint = flags.color ? paintFor(true, env) : noColour
  const spinner = ora({
    stream: process.stderr,
    discardStdin: false,
    ...(paint === noColour ? { color: false as const } : {}),
  })
  return terminalReporter(process.stderr, spinner, paint)
}

/** Questions go to stderr, so that stdout stays the result's. */
export function makePrompt(flags: ScreenFlags, env: Env): { readonly prompt?: Prompt } {
  if (flags.json || !isInteractive(env)) return {}
  return {
    prompt: {
      confirm: async (message, preset) => {
        const { answer } = await answered((prompt) =>
          prompt<{ answer: boolean }>({ type: 'confirm', name: 'answer', message, default: preset }),
        )
        return answer
      },
      select: async (message, choices) => {
        const { answer } = await answered((prompt) =>
          prompt<{ answer: string }>({ type: 'select', name: 'answer', message, choices: [...choices] }),
        )
        const chosen = choices.find(({ value }) => value === answer)
        if (!chosen) throw new Error(`the prompt answered ${answer}, which it was not offered`)
        return chosen.value
      },
    },
  }
}

/** A question that was closed ends the flow as any interruption does. */
async function answered<T>(question: (prompt: PromptModule) => Promise<T>): Promise<T> {
  const { createPromptModule } = await import('inquirer')
  const over = new AbortController()
  // Ctrl-D, which a terminal also sends when what types into it has ended: inquirer would wait for ever.
  const onTyped = (piece: Buffer | string): void => {
    if (piece.includes(END_OF_INPUT)) over.abort()
  }
  process.stdin.on('data', onTyped)
  try {
    return await question(createPromptModule({ output: process.stderr, signal: over.signal }))
  } catch (error) {
    throw isPromptClosed(error) ? promptClosed() : error
  } finally {
    process.stdin.off('data', onTyped)
  }
}

import type { Context } from './context.js'
import { cutAt, fitContext } from './cursor.js'
import type { EndpointAccess } from './endpoint-access.js'
import { talk, type Answer } from './talk.js'

export interface CompleteWish {
  readonly text: string
  readonly place: { readonly line: number; readonly column?: number }
  readonly maxTokens: number
  readonly temperature?: number
  readonly onText: (piece: string) => void
}

export interface Completion extends Answer {
  /** `fill-in-the-middle` used what stands after the place; `continuation` did not. */
  readonly mode: 'fill-in-the-middle' | 'continuation'
}

/** Completes a text at a place, with fill-in-the-middle where the model can; else a plain continuation, with a note. */
export async function completeAt(
  lab: EndpointAccess,
  wish: CompleteWish,
  context: Context,
  signal: AbortSignal,
): Promise<Completion> {
  const { modelId, fim, nativeSuffix, contextTokens } = lab
  const { prefix, suffix } = fitContext(
    cutAt(wish.text, wish.place.line, wish.place.column),
    contextTokens,
    wish.maxTokens,
  )
  const canFill = fim !== null || nativeSuffix
  const fills = canFill && suffix.trim() !== ''
  if (!canFill)
    context.emit({
      type: 'note',
      text: `${modelId} has no fill-in-the-middle: this continues what is before the place`,
    })
  else if (fills && fim?.tested === false)
    context.emit({ type: 'note', text: `fill-in-the-middle is not proven for this variant of ${modelId}` })
  const body = {
    prompt: prefix,
    max_tokens: wish.maxTokens,
    ...(fills ? { suffix } : {}),
    ...(wish.temperature === undefined ? {} : { temperature: wish.temperature }),
  }
  const answer = await talk(lab, { path: '/completions', body, onText: wish.onText }, context, signal)
  return { mode: fills ? 'fill-in-the-middle' : 'continuation', ...answer }
}

/** The provider's last intent, in a file that only the user can read. */
import { readFile } from 'node:fs/promises'
import * as z from 'zod/mini'
import { rung } from '../../infra/inputs.js'
import type { Intent, Intents } from '../../infra/machine/intent.js'
import { writeAtomic } from '../state/atomic.js'

const intent: z.ZodMiniType<Intent> = z.object({
  labId: z.string(),
  region: z.string(),
  rung,
  request: z.looseObject({ ClientToken: z.string(), MinCount: z.number(), MaxCount: z.number() }),
  sentAtMs: z.number(),
  answer: z.exactOptional(z.union([z.object({ id: z.string() }), z.object({ code: z.string() })])),
})

export const intentFile = (path: string): Intents => ({
  last: async () => {
    const text = await readFile(path, 'utf8').catch(() => undefined)
    return text === undefined ? undefined : parseIntent(text)
  },
  keep: (next) => writeAtomic(path, JSON.stringify(next)),
})

/** Undefined for what is none. */
export function parseIntent(text: string): Intent | undefined {
  try {
    return intent.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

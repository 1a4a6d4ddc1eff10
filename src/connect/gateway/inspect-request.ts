/** Evens out what engines lack, on the body of an inference request. Pure. */
import type { FimTemplate } from '../../plan/plan.js'
import { badRequest, unknownModel, type OpenAiError } from './openai-error.js'

/** What the gateway must know of the lab to judge a request. */
export interface Served {
  /** Names that are answered to, lower case. */
  readonly names: readonly [string, ...string[]]
  /** What the engine itself calls the model. */
  readonly engineName: string
  readonly title: string
  readonly fim: FimTemplate | null
  /** True when the engine handles `suffix` itself. */
  readonly nativeSuffix: boolean
}

export type Inspection =
  { readonly ok: true; readonly body: Buffer } | { readonly ok: false; readonly error: OpenAiError }

type Body = Record<string, unknown>

/** Checks the model's name and turns `suffix` into the model's own fill-in-the-middle prompt. */
export function inspectRequest(path: string, raw: Buffer, served: Served): Inspection {
  const body = parse(raw)
  if (!body) return refuse(badRequest('The body is not a JSON object.'))
  const named = resolveModel(body['model'], served.names)
  if (named !== undefined) return refuse(named)
  const renamed: Body = { ...body, model: served.engineName }
  return path === '/v1/completions' ? fillInTheMiddle(renamed, served) : accept(renamed)
}

const accept = (body: Body): Inspection => ({ ok: true, body: Buffer.from(JSON.stringify(body)) })

const refuse = (error: OpenAiError): Inspection => ({ ok: false, error })

function parse(raw: Buffer): Body | undefined {
  try {
    const value: unknown = JSON.parse(raw.toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
  } catch {
    return undefined
  }
}

function resolveModel(model: unknown, names: Served['names']): OpenAiError | undefined {
  if (model === undefined || model === null) return undefined
  if (typeof model !== 'string') return badRequest('`model` must be a string.', null, 'model')
  return names.includes(model.toLowerCase()) ? undefined : unknownModel(model, names)
}

function fillInTheMiddle(body: Body, { fim, nativeSuffix, title }: Served): Inspection {
  const { suffix, ...rest } = body
  if (suffix === undefined || suffix === null || suffix === '') return accept(rest)
  if (nativeSuffix) return accept(body)
  if (typeof suffix !== 'string') return refuse(badRequest('`suffix` must be a string.', null, 'suffix'))
  if (!fim) {
    const why = `${title} was not trained for fill-in-the-middle, so \`suffix\` cannot be honoured.`
    return refuse(badRequest(why, 'fim_not_supported', 'suffix'))
  }
  const prefix = onePrompt(body['prompt'])
  if (prefix === undefined) return refuse(badRequest('With `suffix`, `prompt` must be one string.', null, 'prompt'))
  return accept({ ...rest, prompt: renderFim(fim, prefix, suffix), stop: [...fim.stop, ...stops(body['stop'])] })
}

/** In one pass, with whichever part the model wants first: a prefix may itself hold `{suffix}` or `$&`. */
const renderFim = ({ template }: FimTemplate, prefix: string, suffix: string): string =>
  template.replaceAll(/\{prefix\}|\{suffix\}/g, (part) => (part === '{prefix}' ? prefix : suffix))

function onePrompt(prompt: unknown): string | undefined {
  if (typeof prompt === 'string') return prompt
  const [only, ...more] = Array.isArray(prompt) ? (prompt as unknown[]) : []
  return typeof only === 'string' && more.length === 0 ? only : undefined
}

function stops(stop: unknown): string[] {
  if (typeof stop === 'string') return [stop]
  return Array.isArray(stop) ? stop.filter((item) => typeof item === 'string') : []
}

import { expect, it } from 'vitest'
import { pinWeights } from '../../../src/flow/up-rented/pin-weights.js'
import { fakeContext, whileItWaits } from '../../fakes/context.js'
import { rentPlan } from '../../fakes/rent.js'
import { COMMIT, openHub } from '../../fakes/up-served.js'

const textWith = (part: string): unknown => expect.stringContaining(part)
const REPO = 'deepseek-ai/DeepSeek-Coder-V2-Lite-Instruct'
const never = new AbortController().signal

interface Asked {
  readonly url: string
  readonly token: string | null
}

/** Asks a hub that answers so; resolves to the plan and what was asked. */
async function pin(
  hub: (url: string, method: string) => Response,
  { token, mirror, plan = rentPlan() }: { token?: string; mirror?: string; plan?: ReturnType<typeof rentPlan> } = {},
) {
  const asked: Asked[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    asked.push({ url, token: new Headers(init?.headers).get('authorization') })
    return hub(url, init?.method ?? 'GET')
  }
  const context = fakeContext({ fetch, env: token === undefined ? {} : { HF_TOKEN: token } })
  const wish = { engineArgs: [], ...(mirror === undefined ? {} : { hub: mirror }) }
  const work = pinWeights(plan, wish, context, never)
  return { ...(await whileItWaits(context.clock, work)), asked }
}

const gated = (head: (token: boolean) => Response) => (url: string, method: string) =>
  method === 'HEAD' ? head(true) : Response.json({ id: REPO, sha: COMMIT, gated: 'auto', siblings: [] })

it('pins the commit that the hub has now', async () => {
  const { plan, wantsToken, asked } = await pin(openHub)
  expect([plan.model.revision, wantsToken]).toEqual([COMMIT, false])
  expect(asked.map(({ url }) => new URL(url).origin)).toEqual(['https://huggingface.co'])
})

it('asks the mirror that the machine will ask', async () => {
  const { asked } = await pin(openHub, { mirror: 'http://hub.example:81' })
  expect(asked.map(({ url }) => new URL(url).origin)).toEqual(['http://hub.example:81'])
})

it('proves for gated weights that the token opens them', async () => {
  const { wantsToken, asked } = await pin(
    gated(() => new Response(null, { status: 302, headers: { location: 'https://x.example/' } })),
    {
      token: 'hf_in',
    },
  )
  expect(wantsToken).toBe(true)
  expect(asked.at(-1)).toEqual({
    url: `https://huggingface.co/${REPO}/resolve/${COMMIT}/config.json`,
    token: 'Bearer hf_in',
  })
})

it.each([
  ['without a token', undefined, { 'x-error-code': 'GatedRepo' }, 401],
  ['with a token that was not accepted for it', 'hf_out', { 'x-error-code': 'GatedRepo' }, 403],
  ['with a token that is none', 'hf_typo', {}, 401],
])('refuses gated weights %s', async (_, token, headers, status) => {
  const head = (): Response => new Response(null, { status, headers: headers as Record<string, string> })
  await expect(pin(gated(head), token === undefined ? {} : { token })).rejects.toMatchObject({ code: 'hub.gated' })
})

it('says so where the hub cannot be asked from here, and leaves it to the machine', async () => {
  const { plan, wantsToken } = await pin(() => new Response(null, { status: 503 }))
  expect([plan.model.revision, wantsToken]).toEqual([null, false])
  expect(plan.notes.at(-1)).toBe(
    'https://huggingface.co could not be asked from here: the machine takes the newest commit of the weights, where it reaches it.',
  )
})

it('refuses what the machine cannot fetch', async () => {
  await expect(pin(() => new Response(null, { status: 404 }))).rejects.toMatchObject({ code: 'hub.unknown' })
  const plan = { ...rentPlan(), model: { ...rentPlan().model, repo: './my-model' } }
  await expect(pin(openHub, { plan })).rejects.toMatchObject({
    code: 'usage.value',
    message: textWith('a folder here'),
  })
})

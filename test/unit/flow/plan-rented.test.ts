import { expect, it } from 'vitest'
import { dryRunRented, planRented } from '../../../src/flow/up-rented/plan-rented.js'
import { rentPlanText } from '../../../src/ui/rent-plan-text.js'
import { errorOf, request } from '../../fakes/up-rented.js'
import { COMMIT, servedWorld } from '../../fakes/up-served.js'

const never = new AbortController().signal
const WISH = request().wish

it('is what `up` shows: the machines that are tried, the commit, the engine, and each end', async () => {
  const { up, context } = servedWorld()
  const asked = request({ until: 'endpoint' })
  const { shown, kept } = await planRented(asked, context, never)
  await up(asked)
  expect(context.events.find(({ type }) => type === 'rent-plan')).toEqual({ type: 'rent-plan', ...shown })
  expect(kept.model.revision).toBe(COMMIT)
  expect(rentPlanText(shown.plan, shown.serving).replaceAll(/\s+/g, ' ')).toMatch(
    /engine vLLM \d.* ends by itself after 4 h, after 30 m without a request, when it does not serve within 45 m/,
  )
})

it('warns of an end that comes before it can serve', async () => {
  const { context } = servedWorld()
  const tight = request({ until: 'endpoint', wish: { ...WISH, ttlMs: 120_000 } })
  const { plan } = (await planRented(tight, context, never)).shown
  expect(plan.notes.at(-1)).toMatch(/its deadline ends the machine after 2 m 00 s: it may never serve/)
})

it('refuses a mirror that is this computer itself, unless nothing is fetched', async () => {
  const { context } = servedWorld()
  const serving = { engineArgs: [], hub: 'http://127.0.0.1:8080' }
  const error = await errorOf(planRented(request({ until: 'endpoint', serving }), context, never))
  expect(error).toMatchObject({ code: 'usage.value' })
  expect((await planRented(request({ until: 'machine', serving }), context, never)).shown.serving).toBeUndefined()
})

it('for a lab that is there says first that `up` would go on with that one', async () => {
  const { up, context } = servedWorld()
  const asked = request({ until: 'endpoint' })
  const notes = (): number => context.events.filter((event) => 'text' in event && /already/.test(event.text)).length
  await dryRunRented(asked, context, never)
  expect(notes()).toBe(0)
  await up(asked)
  await dryRunRented(asked, context, never)
  expect(notes()).toBe(1)
})

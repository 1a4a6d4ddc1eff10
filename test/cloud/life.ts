/** Instances in EC2's answers, shown as they are now. */
import type { Element } from '@xmldom/xmldom'
import { all, child, children, parseXml, remove, setText, textOf, writeXml } from './document.js'
import { hasAddress, type InstanceRecord, type InstanceState, isUnseen, STATE_CODES, stateAt } from './instances.js'
import type { World } from './world.js'
import type { Answer } from './request.js'

export const instancesIn = (body: string): Element[] =>
  all(parseXml(body), 'instancesSet').flatMap((set) => children(set, 'item'))

/** Takes the state filter out, because moto's states are not ours, and closes the gap: moto reads no further than one. */
export function withoutStateFilter(params: Readonly<Record<string, string>>): {
  params: Record<string, string>
  states?: readonly string[]
} {
  const named = Object.entries(params).find(
    ([name, value]) => FILTER_NAME.test(name) && value === 'instance-state-name',
  )
  const number = Number(FILTER_NAME.exec(named?.[0] ?? '')?.[1])
  if (Number.isNaN(number)) return { params: { ...params } }
  const isState = (name: string): boolean => name.startsWith(`Filter.${String(number)}.`)
  const entries = Object.entries(params)
  const others = entries.filter(([name]) => !isState(name))
  const states = entries.flatMap(([name, value]) => (isState(name) && !FILTER_NAME.test(name) ? [value] : []))
  return { params: Object.fromEntries(others.map(([name, value]) => [closer(name, number), value])), states }
}

const FILTER_NAME = /^Filter\.(\d+)\.Name$/

const closer = (name: string, gap: number): string =>
  name.replace(/^Filter\.(\d+)\./, (whole, number: string) =>
    Number(number) > gap ? `Filter.${String(Number(number) - 1)}.` : whole,
  )

/** The answer with each instance as it is now; those in another state than asked for are taken out. */
export function withLife(answer: Answer, { records, settings, now }: World, states?: readonly string[]): Answer {
  if (answer.status !== 200) return answer
  const nowMs = now()
  const document = parseXml(answer.body)
  const isRead = document.documentElement?.nodeName === 'DescribeInstancesResponse'
  for (const set of all(document, 'instancesSet')) {
    for (const item of children(set, 'item')) {
      const record = records.get(textOf(item, 'instanceId'))
      if (!record) continue
      const state = stateAt(record, settings, nowMs)
      const isHidden = (isRead && isUnseen(record, settings, nowMs)) || (states && !states.includes(state))
      if (isHidden) remove(item)
      else setLife(item, state, record, hasAddress(record, settings, nowMs))
    }
    if (isRead && children(set, 'item').length === 0) remove(set.parentNode as Element)
  }
  return { ...answer, body: writeXml(document) }
}

function setLife(item: Element, state: InstanceState, record: InstanceRecord, isReachable: boolean): void {
  const place = child(item, 'instanceState')
  if (place) {
    setText(place, 'code', String(STATE_CODES[state]))
    setText(place, 'name', state)
  }
  for (const name of ['ipAddress', 'dnsName']) remove(child(item, name))
  for (const association of all(item, 'association')) remove(association)
  if (isReachable) setText(item, 'ipAddress', record.address)
  setText(item, 'launchTime', record.launchedAt)
}

/** A reservation of DescribeInstances in the form of RunInstances. */
export function asRunAnswer(answer: Answer): Answer {
  const [set] = all(parseXml(answer.body), 'instancesSet')
  return { ...answer, body: `<RunInstancesResponse>${set ? writeXml(set) : ''}</RunInstancesResponse>` }
}

/** The answer of a call that changes states. */
export function changes(action: string, found: readonly InstanceRecord[], { settings, now }: World): Answer {
  const items = found.map((record) => {
    const state = stateAt(record, settings, now())
    const place = `<currentState><code>${String(STATE_CODES[state])}</code><name>${state}</name></currentState>`
    return `<item><instanceId>${record.id}</instanceId>${place}</item>`
  })
  const body = `<${action}Response><instancesSet>${items.join('')}</instancesSet></${action}Response>`
  return { status: 200, contentType: 'text/xml', body }
}

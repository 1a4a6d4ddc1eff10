/** The last screen of `up` on a machine: what there is, what it costs, how to use it, how it ends. */
import type { MachineUp } from '../flow/up-machine.js'
import { formatDuration, formatUsdOr } from '../ui/format.js'
import type { Paint } from '../ui/paint.js'
import { factLines } from '../ui/text.js'
import { endsText } from './rented-screens.js'
import { type EndpointScreenFacts, firstUse } from './screens.js'

export const rentedScreen = (result: MachineUp, paint: Paint, about: EndpointScreenFacts): string =>
  screenOf(result, [...machineFacts(result), ...moneyFacts(result.lab, about.program)], paint, about)

/** The same on a host of the user's own. */
export function hostScreen(result: MachineUp, paint: Paint, about: EndpointScreenFacts): string {
  const { lab } = result
  const facts: Facts = [
    ['host', `${lab.host ?? ''}, through SSH alone`],
    ['price', 'nothing: it is your own'],
    ['ends', `${endsText(lab)}with \`${about.program} down ${lab.name}\`, which removes all of it there`],
  ]
  return screenOf(result, facts, paint, about)
}

function screenOf(result: MachineUp, own: Facts, paint: Paint, { labCount, program }: EndpointScreenFacts): string {
  const { lab, notes, keyFile } = result
  const facts = factLines([...endpointFacts(result), ...own, ...notes.map((note) => ['note', note] as const)])
  const use = keyFile === undefined ? [] : ['', firstUse(labCount > 1 ? lab.name : undefined, paint, program)]
  return ['', paint.bold(headline(result)), '', ...facts, ...use].join('\n')
}

function headline({ lab, outcome, proof, elapsedMs }: MachineUp): string {
  if (outcome === 'already-up') return `${lab.name} is already up`
  const speed = proof?.tokensPerSecond === undefined ? '' : `, ${proof.tokensPerSecond.toFixed(0)} tokens/s`
  return `${lab.name} ${proof ? 'is up' : 'has its machine'} (${formatDuration(elapsedMs)}${speed})`
}

type Facts = readonly (readonly [string, string])[]

function endpointFacts({ lab, keyFile }: MachineUp): Facts {
  if (keyFile === undefined || lab.endpoint === undefined) return []
  return [
    ['endpoint', lab.endpoint],
    ['model', lab.model ?? ''],
    ['key', keyFile],
  ]
}

function machineFacts({ lab: { machine }, keyFile }: MachineUp): Facts {
  if (machine === undefined) return []
  return [
    ['machine', `${machine.id}, ${machine.instanceType} (${machine.market}) in ${machine.zone}`],
    ['address', `${machine.address ?? 'none'}${keyFile === undefined ? ', port 22 answers' : ', through SSH alone'}`],
  ]
}

function moneyFacts(lab: MachineUp['lab'], program: string): Facts {
  const price = formatUsdOr(lab.usdPerHour ?? null, 'not known')
  return [
    ['price', `${price}/h, ${formatUsdOr(lab.usdSoFar ?? null, 'not known')} so far`],
    ['ends', `${endsText(lab)}\`${program} down ${lab.name}\``],
    ['in all', `${formatUsdOr(lab.usdUntilDeadline ?? lab.usdUntilEnd ?? null, 'not known')} at most`],
  ]
}

/** The last screen of `up --until machine`: what there is, what it costs, how it ends. */
import type { RentedUp } from '../flow/up-rented/up-rented.js'
import { formatDuration, formatTime, formatUsdOr } from '../ui/format.js'
import { rows } from '../ui/lines.js'
import type { Paint } from '../ui/paint.js'

export function rentedScreen({ lab, outcome, elapsedMs }: RentedUp, paint: Paint, program: string): string {
  const { machine } = lab
  const headline =
    outcome === 'already-up'
      ? `${lab.name} is already up`
      : `${lab.name} has its machine (${formatDuration(elapsedMs)})`
  const price = formatUsdOr(lab.usdPerHour ?? null, 'not known')
  return `
${paint.bold(headline)}

${rows([
  ['machine', machine && `${machine.id}, ${machine.instanceType} (${machine.market}) in ${machine.zone}`],
  ['address', machine?.address && `${machine.address}, port 22 answers`],
  ['price', `${price}/h, ${formatUsdOr(lab.usdSoFar ?? null, 'not known')} so far`],
  ['ends', lab.endsAt && `by itself at ${formatTime(lab.endsAt)}, or with \`${program} down ${lab.name}\``],
  ['at the end', formatUsdOr(lab.usdUntilEnd ?? null, 'not known')],
  ['next', 'nothing serves on it yet: that comes with a later version'],
])}`
}

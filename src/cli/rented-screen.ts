/** The last screen of `up --until machine`: what there is, what it costs, how it ends. */
import type { RentedUp } from '../flow/up-rented/up-rented.js'
import { formatDuration, formatTime, formatUsdOr } from '../ui/format.js'
import type { Paint } from '../ui/paint.js'
import { factLines } from '../ui/text.js'

export function rentedScreen({ lab, outcome, elapsedMs }: RentedUp, paint: Paint, program: string): string {
  const { machine } = lab
  const headline =
    outcome === 'already-up'
      ? `${lab.name} is already up`
      : `${lab.name} has its machine (${formatDuration(elapsedMs)})`
  const price = formatUsdOr(lab.usdPerHour ?? null, 'not known')
  const machineLines =
    machine === undefined
      ? []
      : [
          ['machine', `${machine.id}, ${machine.instanceType} (${machine.market}) in ${machine.zone}`] as const,
          ['address', `${machine.address ?? 'none'}, port 22 answers`] as const,
        ]
  const facts = factLines([
    ...machineLines,
    ['price', `${price}/h, ${formatUsdOr(lab.usdSoFar ?? null, 'not known')} so far`],
    ['ends', `${endText(lab)}with \`${program} down ${lab.name}\``],
    ['in all', `${formatUsdOr(lab.usdUntilEnd ?? null, 'not known')} by then`],
    ['next', 'nothing serves on it yet: that comes with a later version'],
  ])
  return ['', paint.bold(headline), '', ...facts].join('\n')
}

const endText = ({ endsAt }: RentedUp['lab']): string =>
  endsAt === undefined ? '' : `by itself at ${formatTime(endsAt)}, or `

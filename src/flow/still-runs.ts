/** What goes on costing, in a sentence: for errors after which somebody has to know. */
import type { RentedLab } from '../state/record.js'
import { formatRoundDuration, formatTime, formatUsdOr } from '../ui/format.js'
import { isThere, ratesOfLab } from './rented-record.js'

/** As its record says: the cloud could not be asked. */
export function stillRuns(record: RentedLab): string {
  const { machine, regions, name } = record
  if (!machine) return regions.length === 0 ? 'Nothing was made for it.' : mayRun(record)
  if (!isThere(machine.state)) return `Its machine ${machine.id} had ended; what else it holds is not known.`
  const rates = ratesOfLab(record)
  const where = `${machine.id} (${machine.instanceType} in ${machine.region})`
  if (machine.state === 'stopped' || machine.state === 'stopping')
    return `ITS DISK IS STILL KEPT, ${perHour(rates.stopped)}, until \`labos down ${name}\`: the machine ${where} is stopped.`
  return `THE MACHINE STILL RUNS: ${where}, ${perHour(rates.running)}, ${endText(record)}${unlessServing(record)}.`
}

/** Nobody knows which machine of the plan it would be: the dearest one's price is said. */
function mayRun(record: RentedLab): string {
  const { regions, plan } = record
  const rates = plan.offers
    .filter(({ region }) => regions.includes(region))
    .map(({ usdPerHour, besidesUsdPerHour }) => (usdPerHour === null ? null : usdPerHour + besidesUsdPerHour))
  const known = rates.filter((usd) => usd !== null)
  const price =
    known.length === rates.length && known.length > 0 ? `up to ${perHour(Math.max(...known))}` : perHour(null)
  return `A MACHINE MAY RUN in ${regions.join(', ')}, ${price}, ${endText(record)}.`
}

const perHour = (usd: number | null): string =>
  `${formatUsdOr(usd, 'at a price that is not known')}${usd === null ? '' : '/h'}`

/** The nearer end of a machine that does not serve yet; it counts from its boot. */
function unlessServing({ plan, stepsDone, billed }: RentedLab): string {
  const since = billed.at(-1)
  if (!plan.serving || stepsDone.includes('serving') || since?.what !== 'running') return ''
  const at = new Date(Date.parse(since.at) + plan.serving.bootMs).toISOString()
  return `, or about ${formatTime(at)} if nothing serves by then`
}

function endText({ expiresAt, plan }: RentedLab): string {
  const deadline = expiresAt === undefined ? 'its deadline' : formatTime(expiresAt)
  const { unheardMs } = plan.serving ?? {}
  if (unheardMs !== undefined)
    return `until it ends itself: ${formatRoundDuration(unheardMs)} after this computer is gone, ${deadline} at the latest`
  return expiresAt === undefined ? `until ${deadline}` : `until it ends itself at ${deadline}`
}

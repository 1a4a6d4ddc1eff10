/** What was given back and what is left, in words. */
import type { Holding } from '../cloud-ports.js'
import { LabosError } from '../errors/labos-error.js'
import { sumOf } from '../plan/aws/cloud-labs.js'
import type { Destroyed, Left } from '../teardown/destroy-lab.js'
import { formatTime, formatUsd } from '../ui/format.js'

const WORDS: Readonly<Record<Holding['kind'], string>> = {
  machine: 'machine',
  volume: 'volume',
  address: 'address',
  'network-interface': 'network interface',
  'security-group': 'security group',
}

/** `machine i-1 in us-east-1 (running, $1.86/h)`. */
export const leftText = (left: Left): string => {
  const price = left.usdPerHour === null ? 'at an unknown price' : `${formatUsd(left.usdPerHour)}/h`
  return `${thingText(left)} (${left.state === undefined ? price : `${left.state}, ${price}`})`
}

/** `machine i-1 in us-east-1`. */
export const thingText = ({ kind, id, region }: Pick<Holding, 'kind' | 'id' | 'region'>): string =>
  `${WORDS[kind]} ${id} in ${region}`

const BY_HAND: Readonly<Record<Holding['kind'], string>> = {
  machine: 'terminate-instances --instance-ids',
  volume: 'delete-volume --volume-id',
  address: 'release-address --allocation-id',
  'network-interface': 'delete-network-interface --network-interface-id',
  'security-group': 'delete-security-group --group-id',
}

const handText = ({ kind, id, region }: Left): string =>
  `By hand, the ${WORDS[kind]}: \`aws ec2 ${BY_HAND[kind]} ${id} --region ${region}\`.`

export interface Incomplete {
  /** As the command names it: a name, or an id. */
  readonly name: string
  readonly destroyed: Destroyed
  /** When the machine ends itself, ISO 8601. */
  readonly expiresAt?: string
  readonly hasRecord: boolean
  /** What goes on, as the record says, for where nothing of it was seen. */
  readonly ifUnseen?: string
}

/** `teardown.incomplete`: what is left or cannot be known, what it costs, and until when. */
export function incomplete({ name, destroyed, expiresAt, hasRecord, ifUnseen }: Incomplete): LabosError {
  const { left, removed, unknown } = destroyed
  const parts = [
    ...(left.length > 0 ? [`Still there of "${name}": ${left.map(leftText).join(', ')}.`] : []),
    ...unknown.map(({ region, error }) => `Not known of "${name}" in ${region}: ${error.message}`),
  ]
  return new LabosError('teardown.incomplete', parts.join(' '), {
    suggestions: [
      `${unknown.length > 0 ? 'When that is mended, try' : 'Try'} once more: \`labos down ${name}\`.`,
      ...new Set(unknown.flatMap(({ error }) => error.suggestions.slice(0, 1))),
      ...left.map(handText),
    ],
    aftermath: [
      left.length + removed.length === 0 && ifUnseen !== undefined ? ifUnseen : runningText(left, expiresAt),
      ...(hasRecord ? ['The record is kept.'] : []),
    ].join(' '),
    cause: unknown[0]?.error,
  })
}

function runningText(left: readonly Left[], expiresAt: string | undefined): string {
  const running = left.filter(({ machine }) => machine?.state === 'running' || machine?.state === 'pending')
  const usd = sumOf(left.map(({ usdPerHour }) => usdPerHour))
  const price = usd === null ? 'an unknown price' : `${formatUsd(usd)}/h`
  if (running.length === 0) return left.length > 0 ? `What is left costs ${price}.` : 'What is there may cost money.'
  const until = expiresAt === undefined ? '' : `, until it ends itself at ${formatTime(expiresAt)}`
  return `THE MACHINE STILL RUNS: ${running.map(({ id }) => id).join(', ')}; what is left costs ${price}${until}.`
}

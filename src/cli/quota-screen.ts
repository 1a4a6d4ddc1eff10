import type { QuotaList, QuotaRequested } from '../flow/quota.js'
import type { Paint } from '../ui/paint.js'
import { columns, wrap } from '../ui/text.js'

export function quotaScreen({ region, quotas, unknown }: QuotaList, paint: Paint, program: string): string {
  const number = (vcpus: number | null): string => (vcpus === null ? '?' : String(vcpus))
  const [head = '', ...lines] = columns(
    [
      ['QUOTA', 'CODE', 'LIMIT', 'IN USE'],
      ...quotas.map(({ name, code, limitVcpus, usedVcpus }) => [name, code, number(limitVcpus), number(usedVcpus)]),
    ],
    [2, 3],
  )
  const [first] = quotas
  return [
    `vCPUs of GPU machines in ${region}`,
    '',
    paint.bold(head),
    ...lines,
    ...unknown.flatMap((why) => ['', ...wrap(paint.yellow(why))]),
    '',
    'Machines take 4 vCPUs (xlarge), 8 (2xlarge), 16, 32, 48 and up to 192.',
    `More: ${program} quota request --region ${region} --vcpus N`,
    ...(first ? ['Or in the AWS console:', first.console.replace(`/${first.code}`, '')] : []),
  ].join('\n')
}

export function requestedScreen(result: QuotaRequested): string {
  const { outcome, region, name, code, vcpus, limitVcpus, state, id, console } = result
  const quota = `"${name}" (${code}) in ${region}`
  if (outcome === 'enough')
    return wrap(`Nothing to ask for: ${quota} allows ${String(limitVcpus)} vCPUs already.`).join('\n')
  const said =
    outcome === 'open'
      ? `A request for ${quota} is open already; AWS takes one at a time, so none was made.`
      : `Asked AWS for ${String(vcpus)} vCPUs of ${quota}: ${state ?? ''}, request ${id ?? ''}.`
  return [
    ...wrap(
      `${said} It is decided in minutes to days, and holds some minutes after that. AWS writes to the account's e-mail address.`,
    ),
    console,
  ].join('\n')
}

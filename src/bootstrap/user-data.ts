/** What a rented machine is told at its first boot, as cloud-config. Pure; holds no secret. */
import { LabosError } from '../errors/labos-error.js'

/** What EC2 takes, before base64. */
const MOST_BYTES = 16_384
const PLACE = '/usr/local/lib/labos/deadline.sh'

export interface UserDataWish {
  /** `templates/deadline.sh`. */
  readonly deadlineScript: string
  /** The power-off that is ordered at each boot, until the machine's tag says otherwise. */
  readonly ttlMinutes: number
}

/**
 * `bootcmd` runs first of all, at each boot, and again when anything later fails: the power-off is ordered there. Throws
 * `bug` above EC2's 16 KB.
 */
export function userData({ deadlineScript, ttlMinutes }: UserDataWish): string {
  const lines = [
    `mkdir -p ${PLACE.slice(0, PLACE.lastIndexOf('/'))}`,
    `cat >${PLACE} <<'LABOS_END'`,
    ...deadlineScript.trimEnd().split('\n'),
    'LABOS_END',
    `exec /bin/sh ${PLACE} arm ${String(Math.max(1, Math.ceil(ttlMinutes)))}`,
  ]
  const text = [
    '#cloud-config',
    'bootcmd:',
    '  - |',
    ...lines.map((line) => (line === '' ? '' : `    ${line}`)),
    '',
  ].join('\n')
  if (Buffer.byteLength(text) > MOST_BYTES)
    throw new LabosError(
      'bug',
      `User data of ${String(Buffer.byteLength(text))} bytes; EC2 takes ${String(MOST_BYTES)}.`,
      {
        suggestions: ['Report this: the template has outgrown its place.'],
      },
    )
  return text
}

/** What a rented machine is told at its first boot, as cloud-config. Pure; holds no secret but the first host key. */
import { gzipSync } from 'node:zlib'
import { LabosError } from '../errors/labos-error.js'
import { block, quoted, writtenFile } from './cloud-config.js'
import { RENTED_HOME } from './lab-files.js'

/** What EC2 takes, before base64. */
const MOST_BYTES = 16_384
/** All that the lease needs. */
const LEASE = ['common.sh', 'lease.sh', 'lease-timer.sh', 'lease-facts.sh']
/** Runs as early as the lease. */
const CALM = 'calm.sh'
/** Takes a lab from a host of the user's own. */
const NOT_RENTED: readonly string[] = ['remove.sh']

export interface UserDataWish {
  /** `templates/machine/`, by file name. */
  readonly scripts: ReadonlyMap<string, string>
  /** The lab's files, by path in its folder. */
  readonly files: ReadonlyMap<string, string>
  /** False: a machine with its lease, and nothing else on it. */
  readonly isLaboratory: boolean
  /** Who the machine is, at the first login: OpenSSH's texts of an ed25519 key. Absent: it makes a key of its own. */
  readonly hostKey?: { readonly privateKey: string; readonly publicKey: string }
  /** Who may log in: a public key in OpenSSH's form. */
  readonly userKey?: string
}

/**
 * cloud-config, gzip. `bootcmd` runs first of all, at each boot, and again when anything later fails: the lease is armed
 * there. Throws `bug` above EC2's 16 KB.
 */
export function userData(wish: UserDataWish): Uint8Array {
  const text = cloudConfig(wish)
  const bytes = gzipSync(text, { level: 9 })
  if (bytes.length <= MOST_BYTES) return bytes
  throw new LabosError('bug', `User data of ${String(bytes.length)} bytes; EC2 takes ${String(MOST_BYTES)}.`, {
    suggestions: ['Report this: what the machine is told has outgrown its place.'],
  })
}

/** The same as text. */
export function cloudConfig({ scripts, files, isLaboratory, hostKey, userKey }: UserDataWish): string {
  const early = isLaboratory ? [...LEASE, CALM] : LEASE
  const late = [...scripts.keys()].filter((name) => !early.includes(name) && !NOT_RENTED.includes(name))
  const script = (name: string): string => withoutComments(scripts.get(name) ?? missing(name))
  const laterFiles = [
    ...late.map((name) => [`bin/${name}`, script(name)] as const),
    ...[...files].filter(([path]) => path !== 'lab.env'),
  ]
  return [
    '#cloud-config',
    'bootcmd:',
    ...block(
      '-',
      atEachBoot([
        ...early.map((name) => [`bin/${name}`, script(name)] as const),
        ['lab.env', files.get('lab.env') ?? ''],
      ]),
    ).map((line) => line.replace(/^-: /, '- ')),
    ...(userKey === undefined ? [] : ['ssh_authorized_keys:', `- ${quoted(userKey.trim())}`]),
    ...(hostKey === undefined ? [] : hostKeys(hostKey)),
    ...(isLaboratory
      ? ['write_files:', ...laterFiles.flatMap(([path, text]) => writtenFile(`${RENTED_HOME}/${path}`, text)), ...START]
      : []),
    '',
  ].join('\n')
}

const hostKeys = ({ privateKey, publicKey }: { privateKey: string; publicKey: string }): string[] => [
  'ssh_keys:',
  ...[...block('ed25519_private', privateKey), `ed25519_public: ${quoted(publicKey.trim())}`].map(
    (line) => `  ${line}`,
  ),
]

const START = [
  'runcmd:',
  `- [sh, ${RENTED_HOME}/bin/units.sh, install]`,
  '- [systemctl, start, --no-block, labos-bootstrap.service]',
]

/** Each file whole or not at all: at a later boot another may be reading it. */
function atEachBoot(files: readonly (readonly [string, string])[]): string {
  const written = files.flatMap(([path, text]) => [
    `put ${path} <<'LABOS_END'`,
    ...text.trimEnd().split('\n'),
    'LABOS_END',
  ])
  const isCalm = files.some(([path]) => path === `bin/${CALM}`)
  return [
    `mkdir -p ${RENTED_HOME}/bin && cd ${RENTED_HOME}`,
    'put() { cat >"$1.new" && mv -f "$1.new" "$1"; }',
    ...written,
    'sh bin/lease.sh arm',
    ...(isCalm ? [`sh bin/${CALM}`] : []),
    '',
  ].join('\n')
}

/** Nor empty lines: room is scarce, and who reads the scripts has them here. */
const withoutComments = (script: string): string => script.replaceAll(/^(?: *#(?: .*)?)?\n/gm, '')

function missing(name: string): never {
  throw new LabosError('bug', `templates/machine/${name} is not there.`, {
    suggestions: ['Install labos again.'],
  })
}

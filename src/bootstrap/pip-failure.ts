/** What pip's output means. Patterns over its prose are here and nowhere else. */
import { LabosError } from '../errors/labos-error.js'
import type { ErrorCode } from '../errors/codes.js'
import { isDiskFull, diskFull, tellingLine } from './output.js'
import type { CommandResult } from '../ports.js'

export type PipFailure = 'disk' | 'hash' | 'network' | 'absent' | 'other'

/** What a failed connection looks like in the output of pip and uv. */
export const NETWORK =
  /NewConnectionError|ConnectTimeout|Connection(?:Reset|Aborted|Refused)|Connection refused|connection broken|Name or service not known|nodename nor servname|getaddrinfo|Temporary failure in name|Read timed out|ReadTimeout|IncompleteRead|incomplete-download|ProxyError|SSLError|CERTIFICATE_VERIFY|UnknownIssuer|Max retries exceeded|\b(?:40[137]|5\d\d) (?:Client|Server) Error|error sending request|dns error|tcp connect/i

export function pipFailure({ stdout, stderr }: CommandResult): PipFailure {
  const output = `${stdout}\n${stderr}`
  if (isDiskFull(output)) return 'disk'
  if (/DO NOT MATCH THE HASHES/i.test(output)) return 'hash'
  if (NETWORK.test(output)) return 'network'
  return /No matching distribution found/.test(output) ? 'absent' : 'other'
}

/** Why a connection failed, most telling first. */
const CAUSES: readonly (readonly [RegExp, string])[] = [
  [/CERTIFICATE_VERIFY|SSLError|UnknownIssuer/i, 'its certificate is not trusted here'],
  [/ProxyError|407 /i, 'the proxy refused the connection'],
  [/40[13] Client Error/i, 'it refused access'],
  [
    /Name or service not known|nodename nor servname|getaddrinfo|Temporary failure in name|dns error/i,
    'its name could not be resolved',
  ],
  [/Connection refused|ConnectionRefused/i, 'the connection was refused'],
  [/5\d\d Server Error/i, 'it has a fault of its own'],
  [/timed out|Timeout/i, 'it did not answer in time'],
]

export const networkCause = ({ stdout, stderr }: CommandResult): string =>
  CAUSES.find(([pattern]) => pattern.test(`${stdout}\n${stderr}`))?.[1] ?? 'the connection broke'

export interface FailedDownload {
  /** `xllamacpp 2026.10.11549` */
  readonly what: string
  /** Code for a file that does not match its pinned checksum. */
  readonly damaged: ErrorCode
  /** Code for a package that the index does not have for this computer, and for what labos does not understand. */
  readonly unavailable: ErrorCode
  readonly folder: string
}

/** pip's failure as an error of ours. */
export function fromPip(failure: PipFailure, result: CommandResult, about: FailedDownload): LabosError {
  const { what } = about
  switch (failure) {
    case 'disk':
      return diskFull(what, about.folder)
    case 'network':
      return noNetwork(what, networkCause(result))
    case 'hash':
      return new LabosError(
        about.damaged,
        `${what} came with another checksum than the pinned one, and was discarded.`,
        {
          suggestions: [
            'Run the same command again.',
            'If it stays so, the mirror or proxy in between changes files: use the official index (unset PIP_INDEX_URL).',
          ],
        },
      )
    case 'absent':
      return new LabosError(about.unavailable, `The Python package index has no ${what} that fits this computer.`, {
        suggestions: [
          'If PIP_INDEX_URL names a mirror, try without it.',
          'On a system without glibc (Alpine) there is no prebuilt engine: use `--engine ollama`.',
        ],
      })
    case 'other':
      return new LabosError(about.unavailable, `pip could not download ${what}: ${tellingLine(result)}.`, {
        suggestions: ['Read what pip said in the set-up log, and run the same command again.'],
      })
  }
}

export const noNetwork = (what: string, why: string): LabosError =>
  new LabosError('network.download', `Downloading ${what} from the Python package index failed: ${why}.`, {
    suggestions: [
      'Check the connection and run the same command again: what is already there is kept.',
      'Behind a proxy: set HTTPS_PROXY (and PIP_CERT where it has a certificate of its own).',
      'With a mirror of the index: set PIP_INDEX_URL to it.',
    ],
  })

/** The system's own ssh, with keys made for one test file. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Ended, ended } from './shell.js'

export interface KeyPair {
  readonly file: string
  readonly private: string
  /** `ssh-ed25519 AAAA... NAME` */
  readonly public: string
}

/** In the HOME of the test file. */
export function makeKey(name: string): KeyPair {
  const file = join(homedir(), name)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file])
  return { file, private: readFileSync(file, 'utf8'), public: readFileSync(`${file}.pub`, 'utf8').trim() }
}

export interface Login {
  readonly address: string
  readonly user: KeyPair
  /** The only host key that is accepted. */
  readonly hostKey: string
}

/** Runs a command as `ubuntu`; 255 = there was no login. */
export function ssh({ address, user, hostKey }: Login, command: string): Promise<Ended> {
  const known = join(homedir(), 'known')
  writeFileSync(known, `${address} ${hostKey}\n`)
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=yes', `UserKnownHostsFile=${known}`, 'ConnectTimeout=30']
  const argv = ['-F', 'none', '-i', user.file, ...options.flatMap((option) => ['-o', option])]
  return ended(['ssh', ...argv, `ubuntu@${address}`, command])
}

/** cloud-config that gives a machine that host key, and that user. */
export const loginConfig = (host: KeyPair, user: KeyPair): string => `#cloud-config
ssh_deletekeys: true
ssh_keys:
  ed25519_private: |
${host.private.trimEnd().replaceAll(/^/gm, '    ')}
  ed25519_public: ${host.public}
ssh_authorized_keys: ["${user.public}"]
`

/** What is said on a port first, or how it says no: `ECONNREFUSED`; `silence` where nobody answers in time. */
export function greeting(host: string, port = 22, timeoutMs = 1500): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const end = (said: string): void => {
      resolve(said)
      socket.destroy()
    }
    socket.once('data', (chunk) => end(chunk.toString().trim()))
    socket.once('timeout', () => end('silence'))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })
}

/**
 * OpenSSH's server for the tests that log in: installed where root can, on Debian and its like, and where nothing would start it as a
 * service. Elsewhere those tests are skipped with the reason.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findSshd } from '../fakes/sshd.js'

const INSTALL = ['install', '--yes', '--quiet=2', '--no-install-recommends', 'openssh-server', 'openssh-client']
const INSTALL_MS = 300_000

export default function prepare(): void {
  if (findSshd() === undefined && canInstall()) install()
  const reason = findSshd() === undefined ? 'this machine has no sshd: install openssh-server' : ''
  if (reason !== '') say(`no tests that log in over SSH: ${reason}`)
  process.env['LABOS_TEST_NO_SSHD'] = reason
}

const canInstall = (): boolean =>
  process.getuid?.() === 0 && existsSync('/usr/bin/apt-get') && !existsSync('/run/systemd/system')

function install(): void {
  say('installing openssh-server for the tests that log in over SSH ...')
  const apt = (...args: string[]): unknown => execFileSync('apt-get', args, { stdio: 'ignore', timeout: INSTALL_MS })
  try {
    apt(...INSTALL)
  } catch {
    apt('update', '--quiet=2')
    apt(...INSTALL)
  }
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)

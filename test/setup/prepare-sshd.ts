/**
 * OpenSSH's server for the tests that log in: installed where root can, on Debian and its like, and where no systemd would start it as
 * a service at the next boot. Elsewhere those tests are skipped with the reason.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { findSshd } from '../fakes/sshd.js'

const INSTALL = ['install', '--yes', '--quiet=2', '--no-install-recommends', 'openssh-server', 'openssh-client']
const INSTALL_MS = 300_000

export default function prepare(): void {
  if (findSshd() === undefined && canInstall()) tryInstall()
  const reason = findSshd() === undefined ? 'this machine has no sshd: install openssh-server' : ''
  if (reason !== '') say(`no tests that log in over SSH: ${reason}`)
  process.env['LABOS_TEST_NO_SSHD'] = reason
}

const canInstall = (): boolean =>
  process.getuid?.() === 0 && existsSync('/usr/bin/apt-get') && !existsSync('/run/systemd/system')

/** Without a network there is none, and the tests are skipped. */
function tryInstall(): void {
  try {
    install()
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
  }
}

function install(): void {
  say('installing openssh-server for the tests that log in over SSH ...')
  const apt = (...args: string[]): unknown => execFileSync('apt-get', args, { stdio: 'ignore', timeout: INSTALL_MS })
  withoutServices(() => {
    try {
      apt(...INSTALL)
    } catch {
      apt('update', '--quiet=2')
      apt(...INSTALL)
    }
  })
}

/** Debian asks this file before a package starts what it brings. */
function withoutServices(work: () => void): void {
  const policy = '/usr/sbin/policy-rc.d'
  if (existsSync(policy)) return work()
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    work()
  } finally {
    rmSync(policy)
  }
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)

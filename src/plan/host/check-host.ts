/** Whether a host of the user's own can become a laboratory at all, whatever the model. Pure; a refusal is a value. */
import type { Refusal } from '../decide.js'
import type { HostFacts } from './host-facts.js'
import { opensshLine } from './target.js'

/** What the scripts that run there call, beside what every Linux has. */
const NEEDED = ['python3', 'curl', 'flock', 'setsid', 'awk', 'systemctl', 'journalctl'] as const
/** systemd reads units word by word, and `%` in a way of its own. */
const PLAIN_PATH = /^\/[\w./@+-]*$/

export interface HostNeed {
  /** As it was asked for. */
  readonly target: string
  /** Major version of NVIDIA's driver. */
  readonly driverMin: number
  /** Of the lab, where it has been there before. */
  readonly labId: string
  readonly folder: string
}

export function refuseHost(facts: HostFacts, need: HostNeed): Refusal | undefined {
  return refuseSystem(facts, need) ?? refuseFolder(facts, need) ?? refuseGpus(facts, need)
}

function refuseSystem(facts: HostFacts, { target }: HostNeed): Refusal | undefined {
  if (facts.system !== 'Linux' || facts.architecture !== 'x86_64')
    return unfit(target, `it is ${facts.system} on ${facts.architecture}, and vLLM here needs Linux on x86-64`, [
      'Name another host: `--host user@box`.',
    ])
  const missing = NEEDED.filter((program) => !facts.programs.includes(program))
  if (missing.length > 0)
    return unfit(target, `it lacks ${missing.join(', ')}`, [
      `Install what is missing there (Debian, Ubuntu: \`sudo apt install ${packagesOf(missing)}\`).`,
    ])
  if (facts.hasUnits) return undefined
  return unfit(target, 'the user has no systemd there: nothing would look after the engine, or end it', [
    'Log in as a user with a session of systemd: not through `su` or in a container without it.',
    'See what it says: `systemctl --user status`.',
  ])
}

const PACKAGES: Readonly<Record<string, string>> = {
  flock: 'util-linux',
  setsid: 'util-linux',
  awk: 'mawk',
  systemctl: 'systemd',
  journalctl: 'systemd',
}

const packagesOf = (programs: readonly string[]): string =>
  [...new Set(programs.map((program) => PACKAGES[program] ?? program))].join(' ')

function refuseFolder(facts: HostFacts, { target, folder, labId }: HostNeed): Refusal | undefined {
  if (!PLAIN_PATH.test(facts.home))
    return unfit(target, `its home folder has an unusual name (${facts.home}), which units of systemd's cannot hold`, [
      'Log in as another user.',
    ])
  if (!facts.isWritable) return unfit(target, `the user may not write below ${facts.home}`, ['Log in as another user.'])
  const { folderOf } = facts
  if (folderOf === undefined || folderOf === labId) return undefined
  const whose = folderOf === '' ? 'a folder that is not of a lab' : `the lab ${folderOf}`
  return {
    code: 'lab.differs',
    message: `${target} has ${whose} at ~/${folder} already.`,
    suggestions: [
      'Use another name: `--name`.',
      folderOf === ''
        ? 'Move that folder away.'
        : `If nobody needs that lab any more: \`${opensshLine(target, `sh ${folder}/bin/remove.sh`)}\`.`,
    ],
  }
}

function refuseGpus({ gpus, gpuTrouble, programs }: HostFacts, { target, driverMin }: HostNeed): Refusal | undefined {
  const [first] = gpus
  if (!first) {
    const why = programs.includes('nvidia-smi')
      ? `nvidia-smi says: ${gpuTrouble ?? 'nothing'}`
      : 'nvidia-smi is not there'
    return unfit(target, `it shows no NVIDIA GPU (${why})`, [
      `Install NVIDIA's driver there, ${String(driverMin)} or newer, and try \`nvidia-smi\`.`,
    ])
  }
  if (Number(first.driver.split('.')[0]) >= driverMin) return undefined
  return unfit(target, `its NVIDIA driver is ${first.driver}, and the engine needs ${String(driverMin)} or newer`, [
    'Install a newer driver there.',
  ])
}

const unfit = (target: string, why: string, suggestions: Refusal['suggestions']): Refusal => ({
  code: 'host.unfit',
  message: `${target} cannot become a laboratory: ${why}.`,
  suggestions,
})

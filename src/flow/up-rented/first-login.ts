/** The first login on a rented machine: its lease is read back, its host key becomes its own, it gets its token. */
import { putAsRoot } from '../../connect/put-command.js'
import { rotateHostKey, untilShown } from '../../connect/rotate-host-key.js'
import { LabosError } from '../../errors/labos-error.js'
import { readMachineLease } from '../../lease/machine-lease.js'
import type { RemoteMachine } from '../../ports.js'
import type { RentedLab } from '../../state/record.js'
import { forgetHostKey } from '../../state/ssh-keys.js'
import { saveLab } from '../../state/store.js'
import { formatDuration } from '../../ui/format.js'
import type { Context } from '../context.js'
import type { OnSilence } from '../readmit/let-in.js'
import { scriptCommand } from '../machine-commands.js'
import { rentedPlace } from '../ssh-place.js'
import { beginAgain } from './begin-again.js'
import { addressOf, type Reached, unreachableMachine, untilReached } from './until-reached.js'

/**
 * Resolves to the record with the host key that the machine has from now on. Throws `machine.unreachable`, `ssh.hostkey`,
 * `ssh.auth`, `machine.state`, and `lease.unarmed` where the machine would not end itself. `onSilence` is asked when the
 * machine does not answer: what it throws is thrown.
 */
export async function firstLogin(
  known: RentedLab,
  context: Context,
  signal: AbortSignal,
  onSilence?: OnSilence,
): Promise<RentedLab> {
  const sinceMs = context.clock.monotonicMs()
  const { value: machine, record } = await logIn(known, context, signal, onSilence)
  try {
    const end = await readLeaseBack(record, machine, signal)
    const pinned = record.stepsDone.includes('boot') ? record : await ownHostKey(record, machine, context, signal)
    if (record.plan.serving?.wantsToken === true) await bringToken(record, machine, context, signal)
    if (record.serving && (await beginAgain(machine, record.serving, signal)))
      context.emit({ type: 'note', step: 'boot', text: 'its set-up begins again' })
    const done: RentedLab = { ...pinned, stepsDone: ['plan', 'machine', 'boot'] }
    await saveLab(context.paths, done)
    const elapsedMs = context.clock.monotonicMs() - sinceMs
    const text = `logged in to ${record.machine?.address ?? ''}; ${end}`
    context.emit({ type: 'done', step: 'boot', text, elapsedMs })
    return done
  } finally {
    machine.close()
  }
}

async function logIn(
  known: RentedLab,
  context: Context,
  signal: AbortSignal,
  onSilence: OnSilence | undefined,
): Promise<Reached<RemoteMachine>> {
  const { emit, paths, ssh } = context
  const address = addressOf(known)
  const place = rentedPlace(known, paths)
  emit({ type: 'start', step: 'boot', text: `waiting for ${address} to boot` })
  const attempt = (): Promise<LabosError | RemoteMachine> =>
    ssh(place, signal).catch((error: unknown) => passing(known, error))
  return untilReached(known, attempt, context, signal, onSilence)
}

/** Before cloud-init has put the keys in place, a machine that boots refuses every login. Throws what does not pass by itself. */
function passing(record: RentedLab, error: unknown): LabosError {
  if (error instanceof LabosError && error.code === 'machine.unreachable')
    return unreachableMachine(record, error.message)
  if (error instanceof LabosError && error.code === 'ssh.auth') return error
  throw error
}

/** Asked of systemd on the machine: what was written in user data is a wish. Resolves to when that is, in words. */
async function readLeaseBack(record: RentedLab, machine: RemoteMachine, signal: AbortSignal): Promise<string> {
  const { serving } = record
  if (!serving) throw new Error('nothing is to be served there')
  const shown = await machine.run(scriptCommand(serving, 'lease.sh', 'show'), signal)
  const lease = readMachineLease(shown.stdout)
  if (lease?.isArmed === true && lease.ends !== null) {
    const unless = lease.endsBy === 'boot' ? ', unless it serves by then' : ''
    return `it ends itself in ${formatDuration(Math.max(0, lease.ends - lease.at) * 1000)}${unless}`
  }
  const why = lease
    ? 'its timer is not armed'
    : `it does not say (${(shown.stderr || shown.stdout).trim().slice(0, 200)})`
  throw new LabosError('lease.unarmed', `The machine of "${record.name}" would not end itself: ${why}.`, {
    suggestions: [`Look at it: \`labos logs lease --name ${record.name}\`.`, 'Try again: `labos up`.'],
  })
}

/**
 * The key that came in user data can be read by whoever may describe the machine: it is good for the first login, and the
 * machine then gets another that never left it.
 */
async function ownHostKey(
  record: RentedLab,
  machine: RemoteMachine,
  context: Context,
  signal: AbortSignal,
): Promise<RentedLab> {
  const ssh = record.ssh
  if (!ssh) throw new Error('a machine that was logged in to has no way to log in')
  const withKeys = (hostKeys: string[]): RentedLab => ({ ...record, ssh: { ...ssh, hostKeys } })
  // Until the new key was seen both are good: labos may be killed in between.
  const own = await rotateHostKey(machine, (made) => saveLab(context.paths, withKeys([...ssh.hostKeys, made])), signal)
  const pinned = withKeys([own])
  const deps = { connect: context.ssh, clock: context.clock }
  const again = await untilShown(rentedPlace(pinned, context.paths), deps, signal)
  again.close()
  await saveLab(context.paths, pinned)
  await forgetHostKey(context.paths, record.name)
  return pinned
}

/** Never in user data or an argument list: over the connection, into a file that root alone may read. */
async function bringToken(
  { serving, name }: RentedLab,
  machine: RemoteMachine,
  { env }: Context,
  signal: AbortSignal,
): Promise<void> {
  const token = env['HF_TOKEN']
  if (!serving || !token) throw noToken(name)
  const { exitCode, stderr } = await machine.run(putAsRoot(`${serving.home}/hf-token`, `${token}\n`, 0o600), signal)
  if (exitCode !== 0)
    throw new LabosError('laboratory.failed', `The token could not be written on the machine: ${stderr.trim()}.`, {
      suggestions: [`Try again: \`labos up --name ${name}\`.`],
    })
}

const noToken = (name: string): LabosError =>
  new LabosError('hub.gated', `The weights of "${name}" are only for those with a token, and HF_TOKEN is not set.`, {
    suggestions: ['Set HF_TOKEN, and run `labos up` again: the machine waits for it.'],
  })

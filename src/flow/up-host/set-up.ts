/** Puts a lab on a host of the user's own: scripts, settings, units, its lease; then it makes itself a laboratory. */
import { labFiles } from '../../bootstrap/lab-files.js'
import { machineScripts } from '../../bootstrap/machine-scripts.js'
import { LabosError } from '../../errors/labos-error.js'
import { readMachineLease } from '../../lease/machine-lease.js'
import { opensshLine } from '../../plan/host/target.js'
import { limitsOf } from '../../plan/rent/serving.js'
import type { CommandResult, RemoteMachine } from '../../ports.js'
import { systemctl, unitOf } from '../../serve/remote/on-machine.js'
import type { HostLab } from '../../state/host-record.js'
import type { Context } from '../context.js'
import { scriptCommand } from '../machine-commands.js'

const FILE = 0o644
const SECRET = 0o600
/** Notes which folders were not there before, so that they are taken back with the rest. */
const MAKE_FOLDER = `
made=
for folder in "$HOME/.local" "$HOME/.local/share"; do
    [ -d "$folder" ] || { mkdir "$folder" && made="$made $folder"; }
done
mkdir -p "$1" && for folder in $made; do echo "$folder" >>"$1/folders"; done`
/** `units.sh install`: units of that user end at the logout. */
const NO_LINGER = 3

/**
 * Idempotent. Resolves to the record with its deadline. Throws `host.unfit` where the units cannot be made, `lease.unarmed`,
 * `hub.gated` without the token that the weights want, and `machine.unreachable`.
 */
export async function setUpHost(
  record: HostLab,
  machine: RemoteMachine,
  context: Context,
  signal: AbortSignal,
): Promise<HostLab> {
  const { clock, emit } = context
  const { plan, serving } = record
  const sinceMs = clock.monotonicMs()
  emit({ type: 'start', step: 'machine', text: `putting the lab into ${serving.home} on ${plan.target}` })
  const token = tokenOf(record, context)
  const made = await machine.run({ argv: ['sh', '-c', MAKE_FOLDER, 'sh', serving.home] }, signal)
  mustRun(record, made, 'its folder was not made')
  for (const [path, text] of await filesOf(record, context)) await machine.put(path, text, FILE, signal)
  if (token !== undefined) await machine.put(`${serving.home}/hf-token`, `${token}\n`, SECRET, signal)
  await installUnits(record, machine, context, signal)
  mustRun(record, await machine.run(scriptCommand(serving, 'lease.sh', 'arm'), signal), 'its lease was not armed')
  const leased = await readLeaseBack(record, machine, signal)
  const start = ['start', '--no-block', `${unitOf(serving, 'bootstrap')}.service`]
  mustRun(record, await machine.run({ argv: systemctl(serving, start) }, signal), 'its set-up was not started')
  const elapsedMs = clock.monotonicMs() - sinceMs
  emit({ type: 'done', step: 'machine', text: `${plan.target} sets itself up`, elapsedMs })
  return leased
}

async function filesOf(record: HostLab, { templatesDir }: Context): Promise<(readonly [string, string])[]> {
  const { serving, plan } = record
  const { machines, ...planned } = plan.serving
  const files = labFiles({
    labId: record.id,
    provider: 'ssh',
    lease: { ...plan.lease, ...limitsOf(planned) },
    laboratory: {
      ...planned,
      ...plan.model,
      machines: machines.map(({ instanceType: type, ...machine }) => ({ type, ...machine })),
      ...(plan.gpus ? { gpus: plan.gpus } : {}),
    },
  })
  const scripts = [...(await machineScripts(templatesDir))].map(([name, text]) => [`bin/${name}`, text] as const)
  return [...scripts, ...files].map(([path, text]) => [`${serving.home}/${path}`, text])
}

async function installUnits(
  record: HostLab,
  machine: RemoteMachine,
  { emit }: Context,
  signal: AbortSignal,
): Promise<void> {
  const done = await machine.run(scriptCommand(record.serving, 'units.sh', 'install'), signal)
  if (done.exitCode !== NO_LINGER) {
    mustRun(record, done, 'its units were not made')
    return
  }
  const text = `${record.plan.target} ends a user's programs at the logout, and does not let that user change it: the lab serves while its keeper is connected. An administrator there can allow it: \`sudo loginctl enable-linger ${record.ssh.user}\``
  emit({ type: 'note', step: 'machine', text })
}

function mustRun({ name, plan }: HostLab, { exitCode, stderr, stdout }: CommandResult, what: string): void {
  if (exitCode === 0) return
  const said = (stderr || stdout).trim().slice(-300)
  throw new LabosError(
    'host.unfit',
    `${plan.target} does not take the lab "${name}": ${what} (${said || `exit ${String(exitCode)}`}).`,
    {
      suggestions: [`Look yourself: \`${opensshLine(plan.target)}\`, then \`systemctl --user status\`.`],
    },
  )
}

/** Asked of systemd there: what was written is a wish. */
async function readLeaseBack(record: HostLab, machine: RemoteMachine, signal: AbortSignal): Promise<HostLab> {
  const shown = await machine.run(scriptCommand(record.serving, 'lease.sh', 'show'), signal)
  const lease = readMachineLease(shown.stdout)
  if (lease?.isArmed !== true)
    throw new LabosError(
      'lease.unarmed',
      `What serves for "${record.name}" would not end by itself: its timer is not armed.`,
      {
        suggestions: [`Look at it: \`labos logs lease --name ${record.name}\`.`, 'Try again: `labos up`.'],
      },
    )
  const { expiresAt: _before, ...rest } = record
  return lease.deadline === null ? rest : { ...rest, expiresAt: new Date(lease.deadline * 1000).toISOString() }
}

function tokenOf({ name, plan }: HostLab, { env }: Context): string | undefined {
  if (!plan.serving.wantsToken) return undefined
  const token = env['HF_TOKEN']
  if (token) return token
  throw new LabosError(
    'hub.gated',
    `The weights of "${name}" are only for those with a token, and HF_TOKEN is not set.`,
    {
      suggestions: ['Set HF_TOKEN, and run `labos up` again.'],
    },
  )
}

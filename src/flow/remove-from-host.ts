/** Takes a lab from a host of the user's own again, and has the host look that it is gone. */
import { machineScripts } from '../bootstrap/machine-scripts.js'
import type { RemoteMachine } from '../ports.js'
import type { HostLab } from '../state/host-record.js'
import type { Context } from './context.js'
import { scriptCommand } from './machine-commands.js'

/** What the removal itself needs, wherever somebody has removed it by hand. */
const NEEDED = ['common.sh', 'lease.sh', 'remove.sh']

/** What is left, in words; nothing: proven gone. Rejects where the host cannot be asked. */
export async function removeFromHost(
  { serving }: HostLab,
  machine: RemoteMachine,
  { templatesDir }: Pick<Context, 'templatesDir'>,
  signal: AbortSignal,
): Promise<string[]> {
  const scripts = await machineScripts(templatesDir)
  for (const name of NEEDED) await machine.put(`${serving.home}/bin/${name}`, scripts.get(name) ?? '', 0o644, signal)
  const { exitCode, stdout, stderr } = await machine.run(scriptCommand(serving, 'remove.sh'), signal)
  const there = await machine.run({ argv: ['test', '-e', serving.home] }, signal)
  const lines = stdout.split('\n').filter((line) => line.trim() !== '')
  if (exitCode !== 0 && lines.length === 0)
    lines.push(`something (${stderr.trim().slice(-200) || `exit ${String(exitCode)}`})`)
  return there.exitCode === 0 && !lines.includes(serving.home) ? [...lines, serving.home] : lines
}

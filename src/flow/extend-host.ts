/** Moves the deadline of what serves on a host of the user's own: the host keeps it itself. */
import { LabosError } from '../errors/labos-error.js'
import { leaseWords, readMachineLease } from '../lease/machine-lease.js'
import type { HostLab } from '../state/host-record.js'
import { saveLab } from '../state/store.js'
import { formatTime } from '../ui/format.js'
import type { Context } from './context.js'
import type { Extended } from './extend.js'
import { lockedLab } from './lock-lab.js'
import { loggedIn } from './logged-in.js'
import { scriptCommand } from './machine-commands.js'
import { tellKeeper } from './tell-keeper.js'

const WAIT_MS = 60_000

/** Throws `usage.value` where there is no deadline, `machine.state` where it has passed, and what the login throws. */
export async function extendHost(
  record: HostLab,
  byMs: number,
  context: Context,
  signal: AbortSignal,
): Promise<Extended> {
  const { paths } = context
  const { name, serving, expiresAt: before } = record
  if (before === undefined) throw noDeadline(name)
  const lock = { name, command: `labos extend ${name}`, waitMs: WAIT_MS }
  return lockedLab(lock, context, signal, () =>
    loggedIn(record, context, signal, async (machine) => {
      const seconds = String(Math.ceil(byMs / 1000))
      const told = await machine.run(scriptCommand(serving, 'lease.sh', 'extend', seconds), signal)
      if (told.exitCode !== 0)
        throw Date.parse(before) <= context.clock.now() ? passed(name, before) : refused(name, told.stderr.trim())
      const shown = await machine.run(scriptCommand(serving, 'lease.sh', 'show'), signal)
      const lease = readMachineLease(shown.stdout)
      const deadline = lease?.deadline ?? undefined
      if (!lease || deadline === undefined) throw refused(name, 'it does not say when it ends')
      const endsAt = new Date(deadline * 1000).toISOString()
      await saveLab(paths, { ...record, expiresAt: endsAt })
      await tellKeeper(record, context)
      return {
        name,
        endedAtBefore: before,
        endsAt,
        usdPerHour: 0,
        usdUntilEnd: 0,
        machine: { says: leaseWords(lease), isTaken: true, endsBy: lease.endsBy },
      }
    }),
  )
}

const passed = (name: string, endedAt: string): LabosError =>
  new LabosError(
    'machine.state',
    `The deadline of "${name}" passed at ${formatTime(endedAt)}: what served there was ended.`,
    {
      suggestions: ['Start it again: the same `labos up` as before.', `Or remove it: \`labos down ${name}\`.`],
    },
  )

const noDeadline = (name: string): LabosError =>
  new LabosError('usage.value', `"${name}" has no deadline: it serves until \`labos down\`.`, {
    suggestions: ['A deadline is set when it is made: `labos up --ttl 8h`.'],
  })

const refused = (name: string, why: string): LabosError =>
  new LabosError('machine.state', `The deadline of "${name}" was not moved: ${why || 'its host does not say why'}.`, {
    suggestions: [`See how it is: \`labos status ${name}\`.`, 'If it has ended: `labos up` again.'],
  })

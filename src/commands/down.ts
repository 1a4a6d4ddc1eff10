import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { labArg, nameFlag } from '../cli/flags.js'
import { chooseLab } from '../flow/choose-lab.js'
import { down, type DownResult } from '../flow/down.js'
import { labNames } from '../state/read.js'
import { formatUsd } from '../ui/format.js'

export default class Down extends BaseCommand {
  static override description = `End a lab and prove that nothing of it is left.

Engine and weights stay in the cache for the next time, unless --purge.`
  static override examples = [
    '<%= config.bin %> down',
    '<%= config.bin %> down smollm2 --purge',
    '<%= config.bin %> down --all',
  ]
  static override args = { lab: labArg }
  static override flags = {
    name: nameFlag,
    all: Flags.boolean({ env: 'LABOS_ALL', description: 'End every lab.', exclusive: ['name'] }),
    purge: Flags.boolean({ env: 'LABOS_PURGE', description: 'Remove the engine and weights that no other lab uses.' }),
    force: Flags.boolean({
      env: 'LABOS_FORCE',
      description: 'Give up a lab whose record is damaged: the record is moved aside.',
    }),
    'ignore-not-found': Flags.boolean({
      env: 'LABOS_IGNORE_NOT_FOUND',
      description: 'A lab that is not there is a success.',
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Down)
    const signal = this.signal('Left at once. See what is left: labos ps.')
    const context = await this.context(flags, true)
    const named = args.lab ?? flags.name
    const nothing = flags['ignore-not-found'] && named === undefined && labNames(this.paths).length === 0
    const names = flags.all
      ? labNames(this.paths)
      : nothing
        ? []
        : [flags['ignore-not-found'] && named !== undefined ? named : await chooseLab(named, context)]
    const wish = { force: flags.force, purge: flags.purge, ignoreNotFound: flags['ignore-not-found'] }
    const labs: DownResult[] = []
    for (const name of names) labs.push(await down({ name, ...wish }, context, signal))
    this.render(
      { labs },
      flags,
      (result) => (result.labs.length === 0 ? 'There is no lab.' : result.labs.map(lineOf).join('\n')),
      true,
    )
  }
}

function lineOf({ name, outcome, usd, purged, recordSetAside }: DownResult): string {
  if (outcome === 'not-found') return `${name}: there is no such lab.`
  const purge = purged.length === 0 ? '' : `\n${purged.map((path) => `  removed ${path}`).join('\n')}`
  const aside = recordSetAside === undefined ? '' : `\n  damaged record kept as ${recordSetAside}`
  return `${name} is gone. It cost ${formatUsd(usd)}.${aside}${purge}`
}

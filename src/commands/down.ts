import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { given, labArg, list, listed, nameFlag } from '../cli/flags.js'
import { downScreen } from '../cli/teardown-screens.js'
import { several } from '../errors/several.js'
import { downLabs } from '../flow/down-labs.js'

export default class Down extends BaseCommand {
  static override description = `End a lab and prove that nothing of it is left.

A rented machine is gone when AWS says so and a search by labos's tags finds nothing. Without a record here, a lab is found
by its name or id from its tags, in every region. Engine and weights of local labs stay in the cache, unless --purge.`
  static override examples = [
    '<%= config.bin %> down',
    '<%= config.bin %> down smollm2 --purge',
    '<%= config.bin %> down lab-0a1b2c3d4e --region us-east-1',
    '<%= config.bin %> down --all --yes',
  ]
  static override args = { lab: labArg }
  static override flags = {
    name: nameFlag,
    all: Flags.boolean({
      env: 'LABOS_ALL',
      description: 'End every lab of this computer; with --all-regions all that is yours in AWS too.',
      exclusive: ['name'],
    }),
    run: Flags.string({
      env: 'LABOS_DOWN_RUN',
      description: 'End all labs of that CI run.',
      exclusive: ['all'],
    }),
    region: Flags.string({
      ...list,
      env: 'LABOS_DOWN_REGION',
      description: 'Where to look for labs without a record here. Default: every region.',
    }),
    'all-regions': Flags.boolean({
      env: 'LABOS_ALL_REGIONS',
      description: 'Look for labs without a record in every region that the account may use.',
      exclusive: ['region'],
    }),
    yes: Flags.boolean({
      char: 'y',
      env: 'LABOS_YES',
      description: 'At a terminal --all asks where there are several labs: yes beforehand.',
    }),
    wait: Flags.boolean({
      env: 'LABOS_WAIT',
      default: true,
      allowNo: true,
      description: 'Wait until AWS says that machines have ended. --no-wait proves nothing.',
    }),
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
    const signal = this.signal('Left at once. See what is left: labos ps --all-regions.')
    const wish = {
      ...given({
        named: flags.all || flags.run !== undefined ? undefined : (args.lab ?? flags.name),
        runId: flags.run,
      }),
      all: flags.all,
      agreed: flags.yes,
      regions: listed(flags.region),
      allRegions: flags['all-regions'],
      noWait: !flags.wait,
      force: flags.force,
      purge: flags.purge,
      ignoreNotFound: flags['ignore-not-found'],
    }
    const { labs, failures } = await downLabs(wish, await this.context(flags, true), signal)
    const [first, ...more] = failures
    if (!first || labs.length > 0) this.render({ labs }, flags, (result) => downScreen(result.labs), true)
    if (first) throw several([first, ...more])
  }
}

import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { gcScreen } from '../cli/cloud-screens.js'
import { list, listed } from '../cli/flags.js'
import { homeRegion } from '../cli/rent-flags.js'
import { LabosError } from '../errors/labos-error.js'
import { gc, type GcReport } from '../flow/gc.js'

export default class Gc extends BaseCommand {
  static override description = `Find what labos left in AWS, by its tags alone, and remove it.

Left over is a lab of which this computer has no record, whose deadline has passed, or whose labos run was killed. Oldest
first, with age and price; asks before it removes. Exits 9 when something stays, or a region does not answer.`
  static override examples = [
    '<%= config.bin %> gc --all-regions --dry-run',
    '<%= config.bin %> gc --region us-east-1,eu-west-1 --yes',
  ]
  static override flags = {
    region: Flags.string({
      ...list,
      env: 'LABOS_REGION',
      description: 'Regions to look in. Default: AWS_REGION, else us-east-1.',
    }),
    'all-regions': Flags.boolean({ env: 'LABOS_ALL_REGIONS', description: 'Every region that the account may use.' }),
    'all-owners': Flags.boolean({ env: 'LABOS_ALL_OWNERS', description: 'Remove labs of other users too.' }),
    'dry-run': Flags.boolean({ env: 'LABOS_DRY_RUN', description: 'List and remove nothing.' }),
    yes: Flags.boolean({ char: 'y', env: 'LABOS_YES', description: 'Remove without asking.' }),
  }

  async run(): Promise<void> {
    const { flags } = await this.parse(Gc)
    const signal = this.signal('Left at once. See what is left: labos gc --dry-run.')
    const named = listed(flags.region)
    const context = await this.context(flags, true)
    const report = await gc(
      {
        regions: named.length > 0 ? named : [homeRegion()],
        all: flags['all-regions'],
        dryRun: flags['dry-run'],
        agreed: flags.yes,
        allOwners: flags['all-owners'],
      },
      context,
      signal,
    )
    this.render(report, flags, (result, paint) => gcScreen(result, context.clock.now(), paint), true)
    const error = unfinished(report)
    if (error) throw error
  }
}

function unfinished({ labs, unknown }: GcReport): LabosError | undefined {
  const left = labs.filter(({ outcome }) => outcome === 'left').map(({ lab }) => lab.id)
  const regions = unknown.map(({ region }) => region)
  if (left.length === 0 && regions.length === 0) return undefined
  const message = [
    ...(left.length > 0 ? [`Still there: ${left.join(', ')}.`] : []),
    ...(regions.length > 0 ? [`What is in ${regions.join(', ')} cannot be known: AWS did not answer there.`] : []),
  ]
  return new LabosError('teardown.incomplete', message.join(' '), {
    suggestions: ['Run the same command again.', 'Or name regions that answer: `labos gc --region us-east-1`.'],
  })
}

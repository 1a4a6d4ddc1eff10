import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { duration, given, labArg, nameFlag } from '../cli/flags.js'
import { startedScreen } from '../cli/rented-screens.js'
import { start } from '../flow/start.js'

export default class Start extends BaseCommand {
  static override description = `Start the stopped machine of a rented lab, with a new deadline, and wait until the model answers again.

Weights on the machine's own NVMe disk are fetched again. What fails, or Ctrl-C, leaves the machine running. AWS may have no such machine free in its zone: then it stays stopped, and its disk costs on.`
  static override examples = ['<%= config.bin %> start', '<%= config.bin %> start deepseek-coder-v2 --ttl 8h']
  static override args = { lab: labArg }
  static override flags = {
    name: nameFlag,
    ttl: duration({ env: 'LABOS_TTL', description: 'Deadline from now. Default: as long as it was rented for.' }),
    wait: Flags.boolean({
      env: 'LABOS_WAIT',
      default: true,
      allowNo: true,
      description:
        'Wait until the model answers. --no-wait leaves when the machine runs; the endpoint is open, and answers later.',
    }),
    yes: Flags.boolean({
      char: 'y',
      env: 'LABOS_YES',
      description: "Agree beforehand: this computer's address is let in where it has changed.",
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Start)
    const signal = this.signal('Left at once. See whether it runs: labos status --refresh.')
    const request = {
      isWaiting: flags.wait,
      agreed: flags.yes,
      ...given({ name: args.lab ?? flags.name, ttlMs: flags.ttl }),
    }
    this.render(await start(request, await this.context(flags, true), signal), flags, startedScreen, true)
  }
}

import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { env } from '../cli/env.js'
import { lookOf } from '../cli/report/look.js'
import { reportMarkdown } from '../cli/report/markdown.js'
import { showScreen } from '../cli/report/show-screen.js'
import { showModel } from '../flow/models.js'

export default class Show extends BaseCommand {
  static override description = `Report on a model: what it is and is not for, sizes, results, licence, how to run it.

Results are those that were published, each with its source; labos measured none of them.`
  static override examples = [
    '<%= config.bin %> show deepseek-coder-v2',
    '<%= config.bin %> show deepseek-coder-v2:236b --markdown > report.md',
    '<%= config.bin %> show deepseek-coder-v2 --json',
  ]
  static override args = {
    model: Args.string({ required: true, description: 'Model of the catalogue, by any of its names.' }),
  }
  static override flags = {
    markdown: Flags.boolean({ env: 'LABOS_MARKDOWN', description: 'The report as Markdown.', exclusive: ['json'] }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Show)
    const look = lookOf(process.stdout.isTTY, env, process.platform)
    this.render(showModel(args.model), flags, (report, paint) =>
      flags.markdown ? reportMarkdown(report) : showScreen(report, paint, look),
    )
  }
}

import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { labArg, nameFlag } from '../cli/flags.js'
import { shellLines, shells } from '../cli/shell-lines.js'
import { chooseLab } from '../flow/choose-lab.js'
import { endpointAccess } from '../flow/endpoint-access.js'
import { labStatus } from '../flow/lab-status.js'

export default class Env extends BaseCommand {
  static override description = 'Print the settings that OpenAI clients read, key included, as lines for your shell.'
  static override examples = [
    'eval "$(<%= config.bin %> env)"',
    '<%= config.bin %> env --shell fish | source',
    '<%= config.bin %> env --shell powershell | Invoke-Expression',
  ]
  static override args = { lab: labArg }
  static override flags = {
    name: nameFlag,
    shell: Flags.option({ options: shells })({ env: 'LABOS_SHELL', default: 'sh', description: 'Whose syntax.' }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Env)
    const context = await this.context(flags)
    const name = await chooseLab(args.lab ?? flags.name, context)
    const { baseUrl, key, model, reopen } = endpointAccess(name, context)
    if ((await labStatus(name, context)).pids === undefined)
      context.emit({ type: 'note', text: `nobody answers there now: \`${reopen}\`` })
    this.render({ OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: key, LABOS_MODEL: model }, flags, (values) =>
      shellLines(flags.shell, values),
    )
  }
}

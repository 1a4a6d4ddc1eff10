import { BaseCommand } from '../../cli/base-command.js'
import { readConfig, settings } from '../../cli/config-file.js'
import { env } from '../../cli/env.js'
import { columns } from '../../ui/text.js'

export default class Config extends BaseCommand {
  static override description = `List the defaults of \`labos up\` and where each comes from.

config.yaml comes first, then LABOS_* variables, then flags: the later one wins.`
  static override examples = [
    '<%= config.bin %> config',
    '<%= config.bin %> config set ttl 4h',
    '<%= config.bin %> config unset ttl',
  ]

  async run(): Promise<void> {
    const { flags } = await this.parse(Config)
    const file = this.paths.configFile
    const stored = await readConfig(file)
    const values = Object.fromEntries(
      Object.entries(settings).map(([name, setting]) => {
        const value = env[setting.env]
        const source = value === undefined ? 'default' : value === stored[name] ? 'config.yaml' : setting.env
        return [name, { ...(value === undefined ? {} : { value }), source, description: setting.description }]
      }),
    )
    this.render({ file, settings: values }, flags, (result, paint) => {
      const [head = '', ...lines] = columns([
        ['SETTING', 'VALUE', 'FROM', ''],
        ...Object.entries(result.settings).map(([name, { value = '-', source, description }]) => [
          name,
          value,
          source,
          description,
        ]),
      ])
      return [file, paint.bold(head), ...lines].join('\n')
    })
  }
}

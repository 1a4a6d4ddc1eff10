import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { changeConfig } from '../../cli/config-file.js'

export default class ConfigSet extends BaseCommand {
  static override description = 'Set a default in config.yaml.'
  static override examples = ['<%= config.bin %> config set port 8000']
  static override args = {
    setting: Args.string({ required: true, description: 'Name, as `labos config` lists it.' }),
    value: Args.string({ required: true, description: 'Its value.' }),
  }

  protected override readonly readsConfig = false

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ConfigSet)
    const file = this.paths.configFile
    await changeConfig(file, args.setting, args.value)
    this.render(
      { file, setting: args.setting, value: args.value },
      flags,
      ({ setting, value }) => `${setting} is now ${value} (${file}).`,
    )
  }
}

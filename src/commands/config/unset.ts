import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.js'
import { changeConfig } from '../../cli/config-file.js'

export default class ConfigUnset extends BaseCommand {
  static override description = 'Take a default out of config.yaml.'
  static override examples = ['<%= config.bin %> config unset ttl']
  static override args = { setting: Args.string({ required: true, description: 'Name, as `labos config` lists it.' }) }

  protected override readonly readsConfig = false

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ConfigUnset)
    const file = this.paths.configFile
    await changeConfig(file, args.setting, undefined)
    this.render({ file, setting: args.setting }, flags, ({ setting }) => `${setting} is no longer set (${file}).`)
  }
}

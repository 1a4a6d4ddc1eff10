import { BaseCommand } from '../cli/base-command.js'
import { modelsScreen } from '../cli/report/models-screen.js'
import { listModels } from '../flow/models.js'

export default class Models extends BaseCommand {
  static override description = 'List the models of the catalogue: sizes, context, where each can run.'
  static override examples = ['<%= config.bin %> models', '<%= config.bin %> models --json']

  async run(): Promise<void> {
    const { flags } = await this.parse(Models)
    this.render(listModels(), flags, modelsScreen)
  }
}

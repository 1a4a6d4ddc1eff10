import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { given, list, listed } from '../cli/flags.js'
import { pullScreen } from '../cli/pull-screen.js'
import { pull } from '../flow/pull.js'
import { precisions } from '../plan/precision.js'

const JOBS = 4
const JOBS_MOST = 32

export default class Pull extends BaseCommand {
  static override description = `Download the weights of a model, for use with any other program.

Straight from the Hugging Face hub into a folder: several files at a time, resumed where it stopped, every file checked.
HF_ENDPOINT names a mirror, HF_TOKEN a token.`
  static override examples = [
    '<%= config.bin %> pull deepseek-coder-v2@awq',
    '<%= config.bin %> pull deepseek-coder-v2 --dry-run',
    '<%= config.bin %> pull bartowski/DeepSeek-Coder-V2-Lite-Instruct-GGUF --files "*Q4_K_M*"',
  ]
  static override args = {
    model: Args.string({ required: true, description: 'Name, NAME@PRECISION, or Hugging Face id.' }),
  }
  static override flags = {
    to: Flags.string({ env: 'LABOS_PULL_TO', description: 'Folder for the files. Default: one here, named like it.' }),
    files: Flags.string({
      ...list,
      env: 'LABOS_PULL_FILES',
      description: 'Only files that match: "*.safetensors". Default: all.',
    }),
    precision: Flags.option({ options: precisions })({
      env: 'LABOS_PRECISION',
      description: 'How the weights are stored. Default: as the authors published them.',
    }),
    revision: Flags.string({ env: 'LABOS_PULL_REVISION', description: 'Branch, tag or commit. Default: main.' }),
    jobs: Flags.integer({
      char: 'j',
      min: 1,
      max: JOBS_MOST,
      default: JOBS,
      env: 'LABOS_PULL_JOBS',
      description: 'Files at the same time.',
    }),
    'dry-run': Flags.boolean({ env: 'LABOS_DRY_RUN', description: 'List files and bytes, and stop.' }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Pull)
    const signal = this.signal('Left at once. What came so far is kept; run the same command again.')
    const request = {
      model: args.model,
      patterns: listed(flags.files),
      jobs: flags.jobs,
      dryRun: flags['dry-run'],
      ...given({ to: flags.to, precision: flags.precision, revision: flags.revision }),
    }
    const result = await pull(request, await this.context(flags, true), signal)
    this.render(result, flags, (pulled, paint) => pullScreen(pulled, paint, flags['dry-run']), true)
  }
}

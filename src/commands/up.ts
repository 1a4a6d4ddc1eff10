import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { chooseModel } from '../cli/choose-model.js'
import { env, programName } from '../cli/env.js'
import { duration, tokens } from '../cli/flags.js'
import { endpointScreen } from '../cli/screens.js'
import { withDeadline } from '../flow/deadline.js'
import { dryRun, up } from '../flow/up.js'
import { labNames } from '../state/read.js'
import { planText } from '../ui/lines.js'

export default class Up extends BaseCommand {
  static override description = `Bring a model up behind an OpenAI endpoint on this computer.

Shows the plan, installs the engine and fetches the weights (once), starts them and proves that they answer. A second
time with the same name resumes, or says that it is up already.`
  static override examples = [
    '<%= config.bin %> up smollm2 --yes',
    '<%= config.bin %> up deepseek-coder-v2 --dry-run',
    '<%= config.bin %> up smollm2 --name second --port 0 --ttl 2h --idle 30m',
  ]
  static override args = { model: Args.string({ description: 'Model of the catalogue: smollm2, deepseek-coder-v2.' }) }
  static override flags = {
    provider: Flags.option({ options: ['local'] as const })({
      env: 'LABOS_PROVIDER',
      default: 'local',
      description: 'Where the machine comes from: local is this computer.',
    }),
    name: Flags.string({ char: 'n', env: 'LABOS_NAME', description: "Name of the lab. Default: the model's." }),
    engine: Flags.option({ options: ['llama.cpp', 'ollama'] as const })({
      env: 'LABOS_ENGINE',
      description: 'What serves the model; ollama uses the one you installed. Default: llama.cpp.',
    }),
    port: Flags.integer({
      char: 'p',
      min: 0,
      max: 65_535,
      env: 'LABOS_PORT',
      description: 'Loopback port; 0 picks a free one. Default: 8484 or the next free one.',
    }),
    context: tokens({ env: 'LABOS_CONTEXT', description: "Context length in tokens: 16k. Default: the catalogue's." }),
    ttl: duration({ env: 'LABOS_TTL', description: 'End the lab after this long: 2h.' }),
    idle: duration({ env: 'LABOS_IDLE', description: 'End the lab after this long without a request: 30m.' }),
    timeout: duration({
      env: 'LABOS_TIMEOUT',
      description: 'Give up (exit 124) when it is not up after this long: 20m.',
    }),
    yes: Flags.boolean({ char: 'y', env: 'LABOS_YES', description: 'Agree to the plan beforehand.' }),
    'dry-run': Flags.boolean({ env: 'LABOS_DRY_RUN', description: 'Show the plan and stop.' }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Up)
    const signal = this.signal('Left at once. See what runs: labos ps. Remove it: labos down NAME.')
    const context = await this.context(flags, true)
    const { ttl, idle, port, name, engine, context: contextTokens } = flags
    const request = {
      model: args.model ?? (await chooseModel(context)),
      agreed: flags.yes,
      lease: { ...(ttl === undefined ? {} : { ttlMs: ttl }), ...(idle === undefined ? {} : { idleMs: idle }) },
      ...(name === undefined ? {} : { name }),
      ...(engine === undefined ? {} : { engine }),
      ...(port === undefined ? {} : { port }),
      ...(contextTokens === undefined ? {} : { contextTokens }),
    }
    if (flags['dry-run']) {
      this.render(await dryRun(request, context), flags, planText, true)
      return
    }
    const result = await withDeadline(flags.timeout, context.clock, signal, (limited) => up(request, context, limited))
    this.render(
      result,
      flags,
      (done, paint) =>
        endpointScreen(done, paint, { labCount: labNames(this.paths).length, program: programName(env) }),
      true,
    )
  }
}

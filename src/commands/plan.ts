import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { chooseModel } from '../cli/choose-model.js'
import { programName, env } from '../cli/env.js'
import { explainScreen } from '../cli/explain-screen.js'
import { planScreen } from '../cli/plan-screen.js'
import { rentFlags, rentWish } from '../cli/rent-flags.js'
import { mirror, servingFlags } from '../cli/serving-flags.js'
import { planProvider } from '../flow/plan-provider.js'
import { explained, firstFit, planRental, priceAgeDays, withoutRefused } from '../flow/plan-rent.js'
import { withHub } from '../flow/with-hub.js'
import { engineConfig } from '../plan/rent/engine-config.js'
import { planText } from '../ui/lines.js'

export default class Plan extends BaseCommand {
  static override description = `Show what to rent for a model, why, and what it would cost.

Needs no credentials and no network (but for --check), and creates nothing: which weights, how
the memory adds up, which machines fit, in which order, and why the others do
not; price, quota, disk, start-up time.`
  static override examples = [
    '<%= config.bin %> plan deepseek-coder-v2',
    '<%= config.bin %> plan deepseek-coder-v2:236b@fp8 --region eu-west-1,us-east-1',
    '<%= config.bin %> plan deepseek-coder-v2 --explain',
    '<%= config.bin %> plan deepseek-coder-v2 --check',
    '<%= config.bin %> plan Qwen/Qwen2.5-Coder-7B-Instruct --gpu L4 --max-price 1',
  ]
  static override args = {
    model: Args.string({ description: 'Name, NAME@PRECISION, Hugging Face id, or folder with a config.json.' }),
  }
  static override flags = {
    provider: Flags.option({ options: ['aws', 'local'] as const })({
      env: 'LABOS_PROVIDER',
      description: 'Where the machine comes from. Default: aws, where there is something to rent.',
    }),
    ...rentFlags,
    all: Flags.boolean({ char: 'a', env: 'LABOS_ALL', description: 'Refused machines too, each with its reason.' }),
    explain: Flags.boolean({
      env: 'LABOS_EXPLAIN',
      description: 'The sum line by line, for the first machine or the --instance-type.',
      exclusive: ['engine-config'],
    }),
    check: Flags.boolean({
      env: 'LABOS_CHECK',
      description: 'Ask the hub for the commit, and AWS for quotas, zones, image and network, too.',
    }),
    hub: servingFlags.hub,
    'engine-config': Flags.boolean({
      env: 'LABOS_ENGINE_CONFIG',
      description: 'Only the configuration that vLLM would get, as YAML.',
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Plan)
    const context = await this.context(flags)
    const model = args.model ?? (await chooseModel(context))
    if (planProvider(model, flags.provider) === 'local') {
      const { localPlan } = await import('../flow/plan-local.js')
      this.render(await localPlan(model, flags, context), flags, ({ plan }) => planText(plan))
      return
    }
    const wish = { ...rentWish(model, flags), check: flags.check }
    const plan = await planRental(wish, withHub(context, mirror('--hub', flags.hub)), this.signal())
    if (flags.explain) {
      const offer = explained(plan)
      this.render({ ...plan, offers: [offer] }, flags, (_, paint) => explainScreen(plan, offer, paint))
      return
    }
    const facts = { all: flags.all, program: programName(env), ...priceAgeDays(plan, context) }
    if (flags.all) this.render(plan, flags, (result, paint) => planScreen(result, paint, facts))
    const first = firstFit(plan)
    if (flags['engine-config'])
      this.render({ config: engineConfig(plan.model, first) }, flags, ({ config }) => config.trimEnd())
    else if (!flags.all) this.render(withoutRefused(plan), flags, (_, paint) => planScreen(plan, paint, facts))
  }
}

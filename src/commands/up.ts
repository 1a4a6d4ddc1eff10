import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { chooseModel } from '../cli/choose-model.js'
import { env, programName } from '../cli/env.js'
import { hostScreen, rentedScreen } from '../cli/rented-screen.js'
import { endpointScreen, type EndpointScreenFacts } from '../cli/screens.js'
import { labKind, localRequest, ownHostRequest, rentRequest, upFlags, type UpFlags } from '../cli/up-flags.js'
import type { Context } from '../flow/context.js'
import { withDeadline } from '../flow/deadline.js'
import { dryRun, up } from '../flow/up.js'
import { labNames } from '../state/read.js'
import { planText } from '../ui/lines.js'

export default class Up extends BaseCommand {
  static override description = [
    'Bring a model up behind an OpenAI endpoint on this computer: served here, or on a GPU machine that is rented for it.',
    'Shows the plan and its price, asks, rents the cheapest machine that fits, has it install the engine and fetch the weights, opens the endpoint through SSH, and proves that the model answers. The machine ends itself at its deadline, and when nothing is asked of it. Ctrl-C removes what was made.',
    'A second time with the same name resumes, or says that it is up already.',
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> up deepseek-coder-v2',
    '<%= config.bin %> up deepseek-coder-v2 --max-price 2 --ttl 2h --idle 20m',
    '<%= config.bin %> up deepseek-coder-v2 --dry-run',
    '<%= config.bin %> up smollm2 --yes',
    '<%= config.bin %> up smollm2 --name second --port 0 --ttl 2h --idle 30m',
    '<%= config.bin %> up deepseek-coder-v2 --until machine',
  ]
  static override args = {
    model: Args.string({ description: 'Model: smollm2, deepseek-coder-v2, a Hugging Face id.' }),
  }
  static override flags = upFlags

  #lastWords = (): string => 'Left at once. See what runs: labos ps. Remove it: labos down NAME.'

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Up)
    const signal = this.signal(() => this.#lastWords())
    const context = await this.context(flags, true)
    const model = args.model ?? (await chooseModel(context))
    const kind = labKind(model, flags, this.argv)
    if (kind === 'rented') return this.#rent(model, flags, context, signal)
    if (kind === 'host') return this.#onHost(model, flags, context, signal)
    const request = localRequest(model, flags)
    if (flags['dry-run']) {
      this.render(await dryRun(request, context), flags, planText, true)
      return
    }
    const result = await withDeadline(flags.timeout, context.clock, signal, (limited) => up(request, context, limited))
    this.render(result, flags, (done, paint) => endpointScreen(done, paint, this.#facts()), true)
  }

  async #onHost(
    model: string,
    flags: UpFlags & Parameters<typeof this.render>[1],
    context: Context,
    signal: AbortSignal,
  ): Promise<void> {
    const request = ownHostRequest(model, flags)
    if (flags['dry-run']) {
      const [{ dryRunHost }, { hostPlanText }] = await Promise.all([
        import('../flow/up-host/dry-run.js'),
        import('../ui/host-plan-text.js'),
      ])
      const { plan, serving } = await dryRunHost(request, context, signal)
      this.render({ ...plan, serving }, flags, () => hostPlanText(plan, serving), true)
      return
    }
    const { upHost } = await import('../flow/up-host/up-host.js')
    const result = await withDeadline(flags.timeout, context.clock, signal, (limited) =>
      upHost(request, context, limited),
    )
    this.render(result, flags, (done, paint) => hostScreen(done, paint, this.#facts()), true)
  }

  #facts = (): EndpointScreenFacts => ({ labCount: labNames(this.paths).length, program: programName(env) })

  async #rent(
    model: string,
    flags: UpFlags & Parameters<typeof this.render>[1],
    context: Context,
    signal: AbortSignal,
  ): Promise<void> {
    const request = rentRequest(model, flags)
    if (flags['dry-run']) {
      const [{ dryRunRented }, { rentPlanText }] = await Promise.all([
        import('../flow/up-rented/plan-rented.js'),
        import('../ui/rent-plan-text.js'),
      ])
      const { plan, serving } = await dryRunRented(request, context, signal)
      this.render({ ...plan, ...(serving && { serving }) }, flags, () => rentPlanText(plan, serving), true)
      return
    }
    const [{ upRented }, { leftAtOnce }] = await Promise.all([
      import('../flow/up-rented/up-rented.js'), // labs on this computer need none of it
      import('../flow/up-rented/left-at-once.js'),
    ])
    this.#lastWords = () => leftAtOnce(request, this.paths)
    const result = await withDeadline(flags.timeout, context.clock, signal, (limited) =>
      upRented(request, context, limited),
    )
    this.render(result, flags, (done, paint) => rentedScreen(done, paint, this.#facts()), true)
  }
}

import { Args, Errors } from '@oclif/core'
import type { BaseFlags } from '../cli/base-command.js'
import { chooseModel } from '../cli/choose-model.js'
import { commandsKeys } from '../cli/commands-keys.js'
import { DashedCommand } from '../cli/dashed-command.js'
import { env, isSet } from '../cli/env.js'
import { toLabosError } from '../cli/error-text.js'
import { addToSummary, isGithubJob, jobReporter } from '../cli/github.js'
import { commandOf, graceMs, labWish, runFlags } from '../cli/run-flags.js'
import { runSummary } from '../cli/run-summary.js'
import { watchParent } from '../cli/watch-parent.js'
import { several } from '../errors/several.js'
import { run } from '../flow/run.js'
import { lastWordsOf } from '../flow/run/last-words.js'
import type { RunOutcome } from '../flow/run/report.js'
import { nameForRun } from '../flow/run/request.js'
import { checkLabName } from '../state/paths.js'
import { errorCommand, maskCommand } from '../ui/github.js'
import type { Reporter } from '../ui/reporter.js'

export default class Run extends DashedCommand {
  static override description = [
    'Run a command with a model of its own, and take the model down again.',
    'Brings a lab up as labos up does, runs the command with OPENAI_BASE_URL, OPENAI_API_KEY and LABOS_MODEL in its environment, and takes the lab down however the command ends: when it fails or is killed too, at Ctrl-C, SIGTERM and SIGHUP, and when the lab does not come up. Where this whole computer goes, the machine, or what serves on a host of your own, ends itself 15 minutes later.',
    "Exits with the command's own exit; with 9 when something could not be taken down. With --json the command's stdout goes to stderr. In CI: docs/ci.md.",
  ].join('\n\n')
  static override examples = [
    '<%= config.bin %> run smollm2 --yes -- npm test',
    '<%= config.bin %> run deepseek-coder-v2 --provider aws --max-price 2 --ttl 30m --yes -- ./evaluate.sh',
    `<%= config.bin %> run smollm2 --yes -- bash -c 'curl -s $OPENAI_BASE_URL/models -H "Authorization: Bearer $OPENAI_API_KEY"'`,
  ]
  static override usage = 'run [MODEL] [FLAGS] -- COMMAND [ARGUMENTS]'
  static override args = {
    model: Args.string({ description: 'Model: smollm2, deepseek-coder-v2, a Hugging Face id.' }),
  }
  static override flags = runFlags

  async run(): Promise<void> {
    const command = commandOf(this.dashed, this.argv)
    const { args, flags } = await this.parse(Run)
    const context = await this.context(flags, true)
    const lab = labWish(args.model ?? (await chooseModel(context)), flags, this.argv)
    const name = flags.name === undefined ? nameForRun(lab) : checkLabName(flags.name)
    const keys = commandsKeys(process, context.clock.monotonicMs)
    const lastWords = await lastWordsOf(lab, name, this.paths)
    const isForOthers = (signal: NodeJS.Signals): boolean => this.isInteractive && keys.areTheirs(signal)
    const { abort, received, signal } = this.interrupt({ lastWords, isForOthers })
    const over = new AbortController()
    if (isSet(env['CI']))
      void watchParent(process, context.clock, () => abort('what started labos is gone'), over.signal)
    const begin = ({ key }: { readonly key: string }): void => {
      if (isGithubJob(env)) process.stderr.write(maskCommand(key))
      keys.begin()
    }
    const request = {
      ...{ lab, name, command, received, graceMs: graceMs(flags) },
      ...(flags.timeout === undefined ? {} : { upWithinMs: flags.timeout }),
      stdout: flags.json ? ('stderr' as const) : ('stdout' as const),
      atTerminal: this.isInteractive,
      around: { begin, end: keys.end },
    }
    const outcome = await run(request, context, signal).finally(() => over.abort())
    await this.#finish(outcome, flags)
  }

  async #finish({ report, errors }: RunOutcome, flags: BaseFlags): Promise<void> {
    const [first, ...more] = errors.map(toLabosError)
    const error = first && several([first, ...more])
    if (isGithubJob(env)) await addToSummary(env, runSummary(report, error))
    if (error) throw error
    this.render(report, flags, () => '', true) // stdout is the command's
    if (report.command && report.command.exitCode !== 0) this.exit(report.command.exitCode)
  }

  protected override makeReporter(flags: BaseFlags, stream: boolean): Promise<Reporter> {
    return isGithubJob(env) && !flags.json && !flags.quiet
      ? Promise.resolve(jobReporter())
      : super.makeReporter(flags, stream)
  }

  override catch(error: Error): Promise<never> {
    if (isGithubJob(env) && !(error instanceof Errors.ExitError))
      process.stderr.write(errorCommand(toLabosError(error)))
    return super.catch(error)
  }
}

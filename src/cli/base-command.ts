import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, Errors, Flags, type Interfaces } from '@oclif/core'
import { systemClock } from '../adapters/system-clock.js'
import { makeContext } from '../context.js'
import type { Context } from '../flow/context.js'
import type { Paths } from '../state/paths.js'
import type { Emit } from '../ui/events.js'
import { toJson } from '../ui/json.js'
import { paintFor, type Paint } from '../ui/paint.js'
import type { Reporter } from '../ui/reporter.js'
import { applyConfig } from './config-file.js'
import { env, pathsFrom } from './env.js'
import { toLabosError } from './error-text.js'
import { isInteractive, makePrompt, makeReporter } from './screen.js'
import { bearLostOutput } from './lost-output.js'
import { showError } from './show-error.js'
import { type Interrupt, type InterruptWish, type LastWords, onInterrupt } from './interrupt.js'

export const GLOBAL = 'GLOBAL'

/** Flags of every command. */
const baseFlags = {
  json: Flags.boolean({
    env: 'LABOS_JSON',
    helpGroup: GLOBAL,
    description: 'Result as JSON on stdout; of what takes long an event a line, the result last.',
  }),
  quiet: Flags.boolean({ char: 'q', env: 'LABOS_QUIET', helpGroup: GLOBAL, description: 'No progress on stderr.' }),
  color: Flags.boolean({
    env: 'LABOS_COLOR',
    helpGroup: GLOBAL,
    default: true,
    allowNo: true,
    description: 'Colours at a terminal; NO_COLOR is honoured too.',
  }),
}

type Parsed = Record<string, unknown>

export type BaseFlags = Interfaces.InferredFlags<typeof baseFlags>

/** What the commands share: where things are, how results and errors are shown, what Ctrl-C does. */
export abstract class BaseCommand extends Command {
  static override baseFlags = baseFlags

  protected paths!: Paths
  /** False for the commands that mend config.yaml: they must run when it is broken. */
  protected readonly readsConfig: boolean = true
  #reporter: Reporter | undefined
  #interrupt: Interrupt | undefined

  override async init(): Promise<void> {
    await super.init()
    bearLostOutput(process.stdout, process.stderr)
    this.paths = pathsFrom(env)
    if (this.readsConfig) await applyConfig(this.paths.configFile, env)
  }

  /** Words come from the command line alone: oclif would take what is piped in for an argument that was left out. */
  protected override parse<F extends Parsed, B extends Parsed, A extends Parsed>(
    options?: Interfaces.Input<F, B, A>,
    argv?: string[],
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    for (const arg of Object.values<{ ignoreStdin?: boolean }>(options?.args ?? {})) arg.ignoreStdin = true
    return super.parse(options, argv)
  }

  /** Aborted by Ctrl-C, SIGTERM or SIGHUP. The second time the process leaves at once, saying `lastWords`. */
  protected signal(lastWords?: LastWords): AbortSignal {
    return this.interrupt(lastWords === undefined ? {} : { lastWords }).signal
  }

  /** The same, with all that there is to know of it. */
  protected interrupt(wish: Omit<InterruptWish, 'nowMs'>): Interrupt {
    this.#interrupt ??= onInterrupt(process, { ...wish, nowMs: systemClock.monotonicMs })
    return this.#interrupt
  }

  /** The context of a flow. With `stream` the events of `--json` go to stdout, one a line. */
  protected async context(flags: BaseFlags, stream = false): Promise<Context> {
    this.#reporter = await this.makeReporter(flags, stream)
    return makeContext({ paths: this.paths, env, root: packageRoot(), emit: this.#emit(), ...makePrompt(flags, env) })
  }

  protected makeReporter(flags: BaseFlags, stream: boolean): Promise<Reporter> {
    return makeReporter(flags, stream, env)
  }

  /** The one way results leave: JSON, or what `screen` makes of them. */
  protected render<T>(result: T, flags: BaseFlags, screen: (result: T, paint: Paint) => string, stream = false): void {
    this.#reporter?.stop()
    if (stream && flags.json) process.stdout.write(`${toJson({ type: 'result', result })}\n`)
    else if (flags.json) process.stdout.write(`${toJson(result, 2)}\n`)
    else {
      const text = screen(result, this.paint(flags))
      if (text !== '') process.stdout.write(`${text}\n`)
    }
  }

  protected paint(flags: Pick<BaseFlags, 'color'>): Paint {
    return paintFor(process.stdout.isTTY && flags.color, env)
  }

  protected get isInteractive(): boolean {
    return isInteractive(env)
  }

  override async finally(error: Error | undefined): Promise<void> {
    this.#reporter?.stop()
    this.#interrupt?.release()
    await super.finally(error)
  }

  override catch(error: Error): Promise<never> {
    this.#reporter?.stop()
    if (error instanceof Errors.ExitError) throw error
    const known = toLabosError(error)
    showError(known, error, this.argv)
    throw new Errors.ExitError(known.exit)
  }

  #emit(): Emit {
    return (event) => this.#reporter?.emit(event)
  }
}

/** The folder of package.json: one above `dist/`, where the bundle's chunks lie one deeper. */
function packageRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url))
  return here.slice(0, here.lastIndexOf(`dist`) - 1)
}

import { splitAtDashes } from './at-dashes.js'
import { BaseCommand } from './base-command.js'

/** A command that takes another: what stands after the first `--` is that one's, and no flag of ours. */
export abstract class DashedCommand extends BaseCommand {
  /** Undefined where there is no `--`. */
  protected dashed: readonly string[] | undefined

  override async init(): Promise<void> {
    const { words, command } = splitAtDashes(this.argv)
    this.dashed = command
    this.argv = [...words]
    await super.init()
  }
}

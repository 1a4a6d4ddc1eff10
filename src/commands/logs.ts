import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { duration, given, labArg, nameFlag } from '../cli/flags.js'
import { chooseLab } from '../flow/choose-lab.js'
import { LabosError } from '../errors/labos-error.js'
import { sourceAndLab } from '../cli/source-and-lab.js'
import { logSources } from '../flow/log-sources.js'
import { followLog, readLog } from '../flow/logs.js'
import { labNames } from '../state/read.js'

export default class Logs extends BaseCommand {
  static override description = `Show the logs of a lab: what its engine, its keeper and its set-up said.

A lab on this computer has engine, keeper and setup; one on a rented machine engine, bootstrap, lease and system, read over
SSH, and keeper.`
  static override examples = [
    '<%= config.bin %> logs -f',
    '<%= config.bin %> logs keeper --tail 20',
    '<%= config.bin %> logs bootstrap deepseek-coder-v2 --since 10m',
  ]
  static override args = {
    source: Args.string({ description: `Whose log: ${logSources.join(', ')}. Default: engine.` }),
    lab: labArg,
  }
  static override flags = {
    name: nameFlag,
    follow: Flags.boolean({ char: 'f', env: 'LABOS_FOLLOW', description: 'Go on with what is added, until Ctrl-C.' }),
    since: duration({ env: 'LABOS_SINCE', description: 'What was said in the last 10m, 2h: of a rented machine.' }),
    tail: Flags.integer({
      min: 0,
      env: 'LABOS_TAIL',
      description: 'Lines from the end to begin with. Default: 200; with --since all.',
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Logs)
    const labs = labNames(this.paths)
    if (flags.name !== undefined && /^\d+$/.test(flags.name) && !labs.includes(flags.name)) throw noLines(flags.name)
    const { source, lab } = sourceAndLab(args, labs)
    const context = await this.context(flags)
    const wish = {
      name: await chooseLab(lab ?? flags.name, context),
      source,
      ...given({ tail: flags.tail, sinceMs: flags.since }),
    }
    if (!flags.follow) {
      const excerpt = await readLog(wish, context, this.signal())
      if (excerpt.lines.length === 0) context.emit({ type: 'note', text: `nothing stands in the log "${source}" yet` })
      this.render(excerpt, flags, ({ lines }) => lines.join('\n'))
      return
    }
    const say = flags.json ? (line: string) => JSON.stringify({ type: 'line', line }) : (line: string) => line
    await followLog(wish, context, (line) => void process.stdout.write(`${say(line)}\n`), this.signal())
  }
}

/** As `tail` and its like have it. */
const noLines = (count: string): LabosError =>
  new LabosError('usage.value', `-n is the name of a lab here, and there is no lab "${count}".`, {
    suggestions: [`Lines from the end: \`--tail ${count}\`.`],
  })

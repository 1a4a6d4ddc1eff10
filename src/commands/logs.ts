import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { nameFlag } from '../cli/flags.js'
import { chooseLab } from '../flow/choose-lab.js'
import { followLog, readLog, logSources } from '../flow/logs.js'

export default class Logs extends BaseCommand {
  static override description = 'Show the logs of a lab: what its engine, its keeper and its set-up said.'
  static override examples = [
    '<%= config.bin %> logs -f',
    '<%= config.bin %> logs keeper --tail 20',
    '<%= config.bin %> logs setup',
  ]
  static override args = {
    source: Args.option({ options: logSources })({ description: 'Whose log.', default: 'engine' }),
  }
  static override flags = {
    name: nameFlag,
    follow: Flags.boolean({ char: 'f', env: 'LABOS_FOLLOW', description: 'Go on with what is added, until Ctrl-C.' }),
    tail: Flags.integer({ min: 0, default: 200, env: 'LABOS_TAIL', description: 'Lines from the end to begin with.' }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Logs)
    const context = await this.context(flags)
    const wish = { name: await chooseLab(flags.name, context), source: args.source, tail: flags.tail }
    if (!flags.follow) {
      this.render(await readLog(wish, context), flags, ({ lines }) => lines.join('\n'))
      return
    }
    const say = flags.json ? (line: string) => JSON.stringify({ type: 'line', line }) : (line: string) => line
    await followLog(wish, context, (line) => void process.stdout.write(`${say(line)}\n`), this.signal())
  }
}

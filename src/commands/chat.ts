import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { nameFlag } from '../cli/flags.js'
import { converse } from '../cli/converse.js'
import { readStdin } from '../cli/stdin.js'
import { temperatureOf } from '../cli/temperature.js'
import { chooseLab } from '../flow/choose-lab.js'
import { endpointAccess } from '../flow/endpoint-access.js'
import { talk } from '../flow/talk.js'

export default class Chat extends BaseCommand {
  static override description =
    'Ask the model and stream its answer to stdout.\n\nWithout a message at a terminal it is a conversation; in a pipe the message is read from stdin.'
  static override examples = [
    '<%= config.bin %> chat "Write a haiku about laboratories."',
    'git diff | <%= config.bin %> chat --system "Review this change."',
    '<%= config.bin %> chat',
  ]
  static override args = { message: Args.string({ description: 'What to ask; - reads stdin.' }) }
  static override flags = {
    name: nameFlag,
    system: Flags.string({ env: 'LABOS_SYSTEM', description: 'System message.' }),
    'max-tokens': Flags.integer({ min: 1, env: 'LABOS_MAX_TOKENS', description: 'Longest answer, in tokens.' }),
    temperature: Flags.string({ env: 'LABOS_TEMPERATURE', description: '0 = always the same answer; up to 2.' }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Chat)
    const context = await this.context(flags)
    const lab = endpointAccess(await chooseLab(flags.name, context), context)
    const settings = {
      ...(flags['max-tokens'] === undefined ? {} : { max_tokens: flags['max-tokens'] }),
      ...temperatureOf(flags.temperature),
    }
    const system = flags.system === undefined ? [] : [{ role: 'system' as const, content: flags.system }]
    const signal = this.signal()
    const onText = (piece: string): void => {
      if (!flags.json) process.stdout.write(piece)
    }
    if (args.message === undefined && this.isInteractive && !flags.json) {
      await converse(
        system,
        (messages) =>
          talk(lab, { path: '/chat/completions', body: { ...settings, messages }, onText }, context, signal),
        signal,
      )
      return
    }
    const content = args.message === undefined || args.message === '-' ? await readStdin() : args.message
    const answer = await talk(
      lab,
      { path: '/chat/completions', body: { ...settings, messages: [...system, { role: 'user', content }] }, onText },
      context,
      signal,
    )
    this.render(answer, flags, () => '')
    if (!flags.json) process.stdout.write('\n')
  }
}

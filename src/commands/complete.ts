import { readFile } from 'node:fs/promises'
import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { nameFlag } from '../cli/flags.js'
import { temperatureOf } from '../cli/temperature.js'
import { systemCode } from '../errors/from-system.js'
import { LabosError } from '../errors/labos-error.js'
import { chooseLab } from '../flow/choose-lab.js'
import { completeAt } from '../flow/complete-at.js'
import { endpointAccess } from '../flow/endpoint-access.js'

export default class Complete extends BaseCommand {
  static override description = `Complete a file at a place: what would stand between what is before and after it.

Models that were trained for it fill in the middle; the others continue what is before, and it says so.`
  static override examples = [
    '<%= config.bin %> complete src/main.py --line 12',
    '<%= config.bin %> complete src/main.py --line 12 --column 5 --max-tokens 64',
  ]
  static override args = { file: Args.string({ required: true, description: 'The file; it is not changed.' }) }
  static override flags = {
    name: nameFlag,
    line: Flags.integer({
      char: 'l',
      required: true,
      min: 1,
      env: 'LABOS_LINE',
      description: 'Line of the place, from 1.',
    }),
    column: Flags.integer({
      min: 1,
      env: 'LABOS_COLUMN',
      description: 'Column of the place, from 1. Default: the end of the line.',
    }),
    'max-tokens': Flags.integer({
      min: 1,
      default: 128,
      env: 'LABOS_MAX_TOKENS',
      description: 'Longest answer, in tokens.',
    }),
    temperature: Flags.string({
      default: '0',
      env: 'LABOS_TEMPERATURE',
      description: '0 = always the same answer; up to 2.',
    }),
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Complete)
    const text = await readText(args.file)
    const context = await this.context(flags)
    const lab = endpointAccess(await chooseLab(flags.name, context), context)
    const place = { line: flags.line, ...(flags.column === undefined ? {} : { column: flags.column }) }
    const onText = (piece: string): void => {
      if (!flags.json) process.stdout.write(piece)
    }
    const answer = await completeAt(
      lab,
      { text, place, maxTokens: flags['max-tokens'], ...temperatureOf(flags.temperature), onText },
      context,
      this.signal(),
    )
    this.render(answer, flags, () => '')
    if (!flags.json) process.stdout.write('\n')
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new LabosError('usage.file', `${path} cannot be read (${systemCode(error) ?? 'unknown reason'}).`, {
      suggestions: ['Check the path.'],
      cause: error,
    })
  }
}

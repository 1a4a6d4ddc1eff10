import { Config, Errors, flush, run, settings } from '@oclif/core'
import { toLabosError } from './cli/error-text.js'
import { showError } from './cli/show-error.js'
import { LabosError } from './errors/labos-error.js'
import { nearest } from './plan/find-model.js'

/** Runs the command line with oclif. `dir` is the path of a file in the package. Commands show their own errors. */
export async function main(dir: string): Promise<void> {
  settings.enableAutoTranspile = false // with NODE_ENV=development oclif would look for TypeScript sources
  const config = await Config.load(dir)
  try {
    await run(process.argv.slice(2), config)
    await flush()
  } catch (error) {
    await flush()
    if (error instanceof Errors.ExitError) {
      process.exitCode = error.oclif.exit ?? 1
      return
    }
    const known = unknownCommand(error, config) ?? toLabosError(error)
    showError(known, error, process.argv.slice(2))
    process.exitCode = known.exit
  }
}

function unknownCommand(error: unknown, { commandIDs }: Config): LabosError | undefined {
  const name = error instanceof Error ? /^command (.+) not found$/.exec(error.message)?.[1] : undefined
  if (name === undefined) return undefined
  const alike = nearest(name.replaceAll(':', ' '), commandIDs)
  return new LabosError('usage.flags', `There is no command "${name.replaceAll(':', ' ')}".`, {
    suggestions:
      alike[0] === undefined
        ? ['See them all: `labos --help`.']
        : [`Did you mean \`labos ${alike[0]}\`?`, 'See them all: `labos --help`.'],
  })
}

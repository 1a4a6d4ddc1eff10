import { Errors } from '@oclif/core'
import { docOf } from '../errors/codes.js'
import { LabosError } from '../errors/labos-error.js'
import type { Paint } from '../ui/paint.js'
import { wrap } from '../ui/text.js'
import type { Env } from './env.js'
import { usageError } from './usage-error.js'

/** Any error as one of ours: oclif's own are usage errors, the rest is a fault of labos. */
export function toLabosError(error: unknown): LabosError {
  if (error instanceof LabosError) return unwrapParser(error)
  if (isPromptClosed(error)) return promptClosed()
  if (error instanceof Errors.CLIError) return usageError(error)
  const message = error instanceof Error ? error.message : String(error)
  return new LabosError('bug', `labos failed where it must not: ${message}`, {
    suggestions: [
      'Run it again with DEBUG=labos to see where, and report that with the command you ran.',
      'See what runs: `labos ps`.',
    ],
    cause: error,
  })
}

/** oclif puts "Parsing --ttl" before and a hint after the message of an error thrown while a flag is read. */
function unwrapParser(error: LabosError): LabosError {
  const inner = /^Parsing (--[\w-]+)\s+([\s\S]*?)\n*See more help with --help$/.exec(error.message)
  return inner
    ? new LabosError(error.code, `${inner[1] ?? ''}: ${inner[2]?.trim() ?? ''}`, { suggestions: error.suggestions })
    : error
}

/** What closing a question means. */
export const promptClosed = (): LabosError =>
  new LabosError('interrupted', 'Interrupted (Ctrl-C or Ctrl-D at a question).', {
    suggestions: ['Answer beforehand with flags: `--help` shows them.'],
  })

export const isPromptClosed = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'ExitPromptError' || error.name === 'AbortPromptError')

/**
 * An error as a user meets it: what, why, what now, where to read more, and the exit. `isWrapped`: at a terminal, which would
 * break in the middle of words; what is to be copied stays on its line.
 */
export function errorText(error: LabosError, paint: Paint, original: unknown, env: Env, isWrapped = false): string {
  const laidOut = (text: string): string[] => (isWrapped ? text.split('\n').flatMap((line) => wrap(line)) : [text])
  const lines = [
    ...laidOut(`${paint.red(error.code)}  ${error.message}`),
    ...(error.aftermath === undefined ? [] : laidOut(error.aftermath)),
    ...error.suggestions.map(
      (text) => `  - ${text.replaceAll(/`([^`]+)`/g, (_, command: string) => paint.cyan(command))}`,
    ),
    paint.dim(`More: ${docOf(error.code)}   exit ${String(error.exit)}`),
  ]
  return `${lines.join('\n')}\n${env['DEBUG'] ? stackOf(original) : ''}`
}

/** Of the error and of what caused it: there is what AWS or another service said. */
const stackOf = (error: unknown): string =>
  error instanceof Error ? `${error.stack ?? ''}\n${stackOf(error.cause)}` : ''

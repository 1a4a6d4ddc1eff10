/** labos asked in a test: what it answers as JSON, of which every line must be some. */
import type { ErrorJson } from '../../src/errors/labos-error.js'
import type { Subject } from '../crash/subject.js'

export interface Asked {
  readonly exitCode: number
  readonly error?: ErrorJson
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  readonly stderr: string
}

/** `labos ARGS --json` of a command that tells events, a line each. Throws where a line of stdout is no JSON. */
export async function asked(subject: Subject, ...args: readonly string[]): Promise<Asked> {
  return read(await subject.run(...args, '--json'))
}

export function read({ exitCode, stdout, stderr }: Awaited<ReturnType<Subject['run']>>): Asked {
  const lines = stdout.split('\n').filter(Boolean).map(parsed)
  const error = lines.find(({ type }) => type === 'error')?.['error'] as ErrorJson | undefined
  return { exitCode, lines, stderr, ...(error ? { error } : {}) }
}

const parsed = (line: string): Readonly<Record<string, unknown>> =>
  JSON.parse(line) as Readonly<Record<string, unknown>>

/** Of a machine of one type, so that a ladder has few rungs. */
export const TYPE = 'g6.2xlarge'

/** `labos up` with a yes, in the subject's name. */
export const up = (subject: Subject, ...more: readonly string[]): Promise<Asked> =>
  asked(subject, ...upArgs(subject, ...more))

export const upArgs = ({ lab }: Pick<Subject, 'lab'>, ...more: readonly string[]): string[] =>
  `up deepseek-coder-v2 --until machine --yes --name ${lab} --instance-type ${TYPE}`.split(' ').concat(more)

/** Ends the lab; what cannot be ended fails the test. */
export async function down(subject: Subject): Promise<void> {
  const { exitCode, stderr } = await subject.run('down', subject.lab, '--quiet')
  if (exitCode !== 0) throw new Error(`down ended with ${String(exitCode)}: ${stderr}`)
}

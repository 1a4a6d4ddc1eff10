/** Runs the steps of action.yml as a GitHub runner does: expressions filled in, each step's script a file for bash. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'

export const ROOT = resolve(import.meta.dirname, '../..')

export interface Step {
  readonly name: string
  readonly id?: string
  readonly if?: string
  readonly shell: string
  readonly env: Readonly<Record<string, string>>
  readonly run: string
  readonly 'working-directory'?: string
}

export interface Action {
  readonly inputs: Readonly<Record<string, { description: string; required?: boolean; default?: string }>>
  readonly runs: { readonly using: string; readonly steps: readonly Step[] }
}

export const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as Action

export interface StepRun {
  readonly name: string
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** A job on a runner whose files lie in `dir`. */
export interface Job {
  readonly dir: string
  readonly env: NodeJS.ProcessEnv
  /** Given each step's process, which is what a runner sends its signals to. */
  readonly onStep?: (name: string, child: ChildProcess) => void
}

/** Resolves to the steps that ran: after one that failed only those that always do. */
export async function runAction(inputs: Readonly<Record<string, string>>, job: Job): Promise<StepRun[]> {
  const outputs: Record<string, string> = {}
  const value = (expression: string): string => {
    const [, input, step, output] = /^(?:inputs\.([\w-]+)|steps\.([\w-]+)\.outputs\.([\w-]+))$/.exec(expression) ?? []
    if (input !== undefined) return inputs[input] ?? action.inputs[input]?.default ?? ''
    if (step === undefined || output === undefined) throw new Error(`no such expression: ${expression}`)
    return outputs[`${step}.${output}`] ?? ''
  }
  const filled = (text: string): string =>
    text.replaceAll(/\$\{\{ (.+?) \}\}/g, (_, expression: string) => value(expression))
  const ran: StepRun[] = []
  for (const step of action.runs.steps) {
    if (ran.some(({ exitCode }) => exitCode !== 0) && step.if !== 'always()') continue
    const outputFile = join(job.dir, 'output')
    writeFileSync(outputFile, '')
    const env = {
      ...job.env,
      ...Object.fromEntries(Object.entries(step.env).map(([name, text]) => [name, filled(text)])),
      GITHUB_OUTPUT: outputFile,
    }
    ran.push(await runStep(step, { env, cwd: resolve(job.dir, filled(step['working-directory'] ?? '.')) }, job))
    for (const [, name = '', text = ''] of readFileSync(outputFile, 'utf8').matchAll(/^([^=\n]+)=(.*)$/gm))
      outputs[`${step.id ?? ''}.${name}`] = text
  }
  return ran
}

function runStep(
  { name, run }: Step,
  options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
  { dir, onStep }: Job,
): Promise<StepRun> {
  const script = join(dir, 'script.sh')
  if (!existsSync(options.cwd)) mkdirSync(options.cwd, { recursive: true })
  writeFileSync(script, run)
  const child = spawn('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', script], options)
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()))
  child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()))
  child.stdin.end()
  onStep?.(name, child)
  return new Promise((done) => child.once('close', (code) => done({ name, exitCode: code ?? -1, stdout, stderr })))
}

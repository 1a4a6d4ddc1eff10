/** One line a file, the whole story of what failed, and at the end "N passed, N failed, N skipped". */
import { relative } from 'node:path'
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node'

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

interface Failure {
  readonly name?: string
  readonly message: string
  readonly diff?: string | undefined
  readonly stack?: string | undefined
}

export default class LineReporter implements Reporter {
  #root = ''

  onInit(vitest: Vitest): void {
    this.#root = vitest.config.root
  }

  onTestModuleEnd(module: TestModule): void {
    const { passed, failed, skipped } = countsOf(module)
    const parts = [`${String(passed)} passed`, ...some(failed, 'failed'), ...some(skipped, 'skipped')]
    const seconds = (module.diagnostic().duration / 1000).toFixed(1)
    const file = relative(this.#root, module.moduleId)
    this.#say(`${failed > 0 ? 'FAIL' : 'ok  '} ${file}: ${parts.join(', ')} (${seconds} s)`)
    for (const test of module.children.allTests()) this.#story(test)
    for (const error of module.errors()) this.#say(indented(this.#told(error)))
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly Failure[]): void {
    for (const error of errors) this.#say(`outside of any test\n${indented(this.#told(error))}`)
    const counts = modules.map(countsOf)
    const sum = (key: keyof Counts): number => counts.reduce((total, each) => total + each[key], 0)
    const failed = sum('failed') + errors.length
    if (failed > 0) process.exitCode = 1 // a skip that counts as a failure is none to vitest
    this.#say(`${String(sum('passed'))} passed, ${String(failed)} failed, ${String(sum('skipped'))} skipped`)
  }

  #story(test: TestCase): void {
    const result = test.result()
    if (result.state === 'skipped') this.#say(`     skipped: ${test.fullName} (${result.note ?? 'no reason given'})`)
    if (result.state === 'failed') {
      this.#say(`     failed: ${test.fullName}`, ...result.errors.map((error) => indented(this.#told(error))))
    }
  }

  /** Message, difference, and the frames that are in our own files. */
  #told({ name = 'Error', message, diff, stack = '' }: Failure): string {
    const frames = stack.split('\n').filter((line) => /^ +at /.test(line))
    const ours = frames.filter((line) => line.includes(this.#root) && !line.includes('node_modules'))
    return [`${name}: ${message}`, ...(diff === undefined ? [] : [diff]), ...(ours.length > 0 ? ours : frames)].join(
      '\n',
    )
  }

  #say(...texts: string[]): void {
    for (const text of texts) process.stdout.write(`${text}\n`)
  }
}

/** What did not run to its end has failed; so has, on CI, what was skipped for another reason than the machine. */
function countsOf(module: TestModule): Counts {
  const tests = [...module.children.allTests()]
  const passed = tests.filter((test) => test.result().state === 'passed').length
  const skipped = tests.filter(isSkip).length
  return { passed, skipped, failed: tests.length - passed - skipped + module.errors().length }
}

function isSkip(test: TestCase): boolean {
  const result = test.result()
  const isCi = (process.env['CI'] ?? '') !== ''
  return result.state === 'skipped' && (!isCi || /^this machine /.test(result.note ?? ''))
}

const some = (count: number, what: string): string[] => (count > 0 ? [`${String(count)} ${what}`] : [])

const indented = (text: string): string => text.replaceAll(/^/gm, '       ')

/** One line a file, the whole story of what failed, and at the end "N passed, N failed, N skipped". */
import { relative } from 'node:path'
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node'

export default class LineReporter implements Reporter {
  #root = ''

  onInit(vitest: Vitest): void {
    this.#root = vitest.config.root
  }

  onTestModuleEnd(module: TestModule): void {
    const tests = [...module.children.allTests()]
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length
    const failed = count('failed') + module.errors().length
    const seconds = (module.diagnostic().duration / 1000).toFixed(1)
    const parts = [
      `${String(count('passed'))} passed`,
      ...(failed > 0 ? [`${String(failed)} failed`] : []),
      ...(count('skipped') > 0 ? [`${String(count('skipped'))} skipped`] : []),
    ]
    this.#say(
      `${failed > 0 ? 'FAIL' : 'ok  '} ${relative(this.#root, module.moduleId)}: ${parts.join(', ')} (${seconds} s)`,
    )
    for (const test of tests) this.#story(test)
    for (const error of module.errors()) this.#say(`     ${error.stack ?? error.message}`)
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly { message: string; stack?: string }[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length
    const broken = modules.reduce((sum, module) => sum + module.errors().length, 0) + errors.length
    for (const error of errors) this.#say(error.stack ?? error.message)
    this.#say(
      `${String(count('passed'))} passed, ${String(count('failed') + broken)} failed, ${String(count('skipped'))} skipped`,
    )
  }

  #story(test: TestCase): void {
    const result = test.result()
    if (result.state === 'skipped')
      this.#say(`     skipped: ${test.fullName}${result.note === undefined ? '' : ` (${result.note})`}`)
    if (result.state !== 'failed') return
    this.#say(`     failed: ${test.fullName}`)
    for (const error of result.errors)
      this.#say((error.stack ?? error.message).replaceAll(/^/gm, '       '), error.diff ?? '')
  }

  #say(...texts: string[]): void {
    for (const text of texts) if (text !== '') process.stdout.write(`${text}\n`)
  }
}

/** What is said about CI holds: the action, and the examples in docs/ci.md. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { action, ROOT } from '../fakes/composite-action.js'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly if?: string
  readonly with?: Readonly<Record<string, unknown>>
}
type Example = Readonly<Record<string, { readonly script?: string[]; readonly after_script?: string[] }>> & {
  readonly jobs?: Readonly<Record<string, { readonly steps: readonly Step[] }>>
}
interface Manifest {
  readonly commands: Readonly<Record<string, { readonly flags: Readonly<Record<string, object>> }>>
}

const text = readFileSync(join(ROOT, 'docs/ci.md'), 'utf8')
const examples = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, yaml = '']) => parse(yaml) as Example)
const steps = examples.flatMap(({ jobs }) => Object.values(jobs ?? {}).flatMap((job) => job.steps))
const { commands } = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as Manifest

describe('action.yml', () => {
  it('puts inputs into variables, never into scripts, and uses all that it declares', () => {
    const { using, steps: own } = action.runs
    expect([using, own.map(({ shell }) => shell)]).toEqual(['composite', ['bash', 'bash', 'bash']])
    expect(own.filter(({ run }) => run.includes('${{'))).toEqual([])
    const used = [...JSON.stringify(own).matchAll(/\$\{\{ inputs\.([\w-]+) \}\}/g)].map(([, name]) => name)
    expect([...new Set(used)].sort()).toEqual(Object.keys(action.inputs).sort())
    expect(own.at(-1)?.if).toBe('always()')
  })
})

describe('docs/ci.md', () => {
  it('shows a workflow with the action, one without it, and a GitLab job', () => {
    expect(examples.map((example) => Object.keys(example.jobs ?? example))).toEqual([
      ['evaluate'],
      ['evaluate'],
      ['evaluate'],
    ])
  })

  it('gives the action inputs that it has, and all that it requires', () => {
    const given = steps.find(({ uses }) => uses?.startsWith('OWNER/labos'))?.with ?? {}
    const required = Object.entries(action.inputs).flatMap(([name, input]) => (input.required ? [name] : []))
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(given)))
    expect(Object.keys(given)).toEqual(expect.arrayContaining(required))
  })

  it('names flags that exist', () => {
    const lines = text.match(/labos (?:run|down) .*$/gm) ?? []
    const wrong = lines.flatMap((line) => {
      const [command = ''] = /(?:run|down)/.exec(line) ?? []
      const [words = ''] = line.replaceAll(/`.*$|#.*$/g, '').split(/ -- /)
      const flags = [...words.matchAll(/ --([\w-]+)/g)].map(([, name = '']) => name)
      return flags.filter((name) => !Object.hasOwn(commands[command]?.flags ?? {}, name))
    })
    expect([lines.length > 5, wrong]).toEqual([true, []])
  })

  it('cleans up always, by the mark that the run had', () => {
    const [, plain, gitlab] = examples
    const [run, after] = Object.values(plain?.jobs ?? {})[0]?.steps ?? []
    expect(run?.run).toMatch(/^exec labos run /)
    expect(after).toMatchObject({
      if: 'always()',
      run: expect.stringContaining('down --run "$LABOS_RUN_ID"') as unknown,
    })
    expect(gitlab?.['evaluate']?.after_script?.[0]).toContain('down --run "$CI_JOB_ID"')
  })
})

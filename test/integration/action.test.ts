/** action.yml, its steps run by bash as a runner would, on a runner without a GPU: the local provider. */
import { execFileSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { cli, eventually, runs } from '../fakes/cli.js'
import { action, type Job, ROOT, runAction, type StepRun } from '../fakes/composite-action.js'

const labos = cli()
const labs = join(labos.home, 'labos', 'labs')
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
const tarball = join(labos.home, `labos-${version}.tgz`)

beforeAll(() => {
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', labos.home], { cwd: ROOT })
})
afterAll(() => labos.close())
afterEach(() => expect(existsSync(labs) ? readdirSync(labs) : []).toEqual([]))

/** A job in a folder of its own. */
function job(more: NodeJS.ProcessEnv = {}, onStep?: Job['onStep']): Job {
  const dir = mkdtempSync(join(labos.home, 'job-'))
  const env = labos.env({
    ...{ CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_RUN_ID: '42', GITHUB_RUN_ATTEMPT: '1' },
    ...{ RUNNER_TEMP: dir, GITHUB_ACTION_PATH: dir, GITHUB_STEP_SUMMARY: join(dir, 'summary.md') },
    npm_config_offline: 'true', // there is nothing to fetch: labos has no dependencies
    ...more,
  })
  return { dir, env, ...(onStep ? { onStep } : {}) }
}

const exits = (steps: readonly StepRun[]): unknown => steps.map(({ name, exitCode }) => [name, exitCode])
const [INSTALL = '', RUN = '', AFTER = ''] = action.runs.steps.map(({ name }) => name)
const inputs = (run: string): Record<string, string> => ({ model: 'smollm2', version: tarball, run })

describe('action.yml', () => {
  it('gives a script its model, in the folder that it names, and takes it down', async () => {
    const script = [
      'curl -sf "$OPENAI_BASE_URL/models" -H "Authorization: Bearer $OPENAI_API_KEY" | grep -o smollm2 | head -n 1',
      `echo "it's in $(basename "$PWD")"`,
    ].join('\n')
    const here = job()
    const steps = await runAction({ ...inputs(script), 'working-directory': 'sub', flags: '--idle 1h\n--ttl 1h' }, here)
    expect(exits(steps)).toEqual([
      [INSTALL, 0],
      [RUN, 0],
      [AFTER, 0],
    ])
    expect(steps[1]?.stdout).toBe("smollm2\nit's in sub\n")
    expect(steps[1]?.stderr).toContain('after 1 h 00 m without a request')
    expect(readFileSync(join(here.dir, 'summary.md'), 'utf8')).toContain('### labos run smollm2')
  })

  it('fails as the script does, and what is in its inputs is no script', async () => {
    const failing = await runAction(inputs('echo one; false | true; echo two'), job())
    expect(exits(failing)).toEqual([
      [INSTALL, 0],
      [RUN, 1],
      [AFTER, 0],
    ])
    expect(failing[1]?.stdout).toBe('one\n')
    const here = job()
    const evil = '$(touch evil)`touch evil`; touch evil #'
    const [, run] = await runAction({ ...inputs('true'), model: evil, flags: evil, ttl: evil }, here)
    expect([run?.exitCode, readdirSync(here.dir).includes('evil')]).toEqual([2, false])
  })

  it('ends the lab of a job that is cancelled: the signal reaches labos, not a shell before it', async () => {
    const cancel = (name: string, child: ChildProcess): void => {
      if (name === RUN) child.stdout?.once('data', () => child.kill('SIGINT'))
    }
    const steps = await runAction(inputs('echo ready; sleep 300'), job({}, cancel))
    expect(exits(steps)).toEqual([
      [INSTALL, 0],
      [RUN, 130],
      [AFTER, 0],
    ])
    expect(steps[1]?.stderr).toMatch(/teardown: done, smollm2-\w+ is gone/)
  })

  it('ends afterwards what a killed step left', async () => {
    const left = { keeper: 0, engine: 0, command: 0 }
    const kill = (name: string, child: ChildProcess): void => {
      if (name !== RUN) return
      child.stdout?.once('data', (piece: Buffer) => {
        const [lab = ''] = readdirSync(labs).filter((entry) => !entry.startsWith('.'))
        const { pid, engine } = labos.keeper(lab)
        Object.assign(left, { keeper: pid, engine: engine?.pid, command: Number(piece.toString()) })
        process.kill(pid, 'SIGSTOP') // it would end by itself
        child.kill('SIGKILL')
        process.kill(left.command, 'SIGKILL') // it holds the step's output open
      })
    }
    const steps = await runAction(inputs('echo $$; exec sleep 300'), job({}, kill))
    expect(exits(steps)).toEqual([
      [INSTALL, 0],
      [RUN, -1],
      [AFTER, 0],
    ])
    expect(steps[2]?.stdout).toMatch(/^smollm2-\w+ is gone\./)
    await eventually(() => ![left.keeper, left.engine].some(runs))
  })

  it('is built from its own files where no version is named, and cleans nothing up where that fails', async () => {
    const here = job()
    const bin = join(here.dir, 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'npm'), `#!/bin/sh\necho "npm $*"\nexit 7\n`, { mode: 0o755 })
    const env = { ...here.env, PATH: [bin, here.env['PATH']].join(delimiter) }
    const steps = await runAction({ model: 'smollm2', run: 'true' }, { ...here, env })
    expect(exits(steps)).toEqual([
      [INSTALL, 7],
      [AFTER, 0],
    ])
    expect(steps[0]?.stdout).toBe(`npm --prefix ${here.dir} ci --no-audit --no-fund\n`)
  })
})

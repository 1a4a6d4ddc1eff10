/** labos as a step of a GitHub Actions job. */
import { appendFile } from 'node:fs/promises'
import { systemClock } from '../adapters/system-clock.js'
import { githubReporter } from '../ui/github.js'
import { plainReporter } from '../ui/plain.js'
import type { Reporter } from '../ui/reporter.js'
import type { Env } from './env.js'

export const isGithubJob = (env: Env): boolean => env['GITHUB_ACTIONS'] === 'true'

/** Progress of `labos run` in the job's log. */
export const jobReporter = (): Reporter =>
  githubReporter(plainReporter(process.stderr, systemClock), process.stderr, {
    before: 'labos: the lab comes up',
    after: 'labos: the lab is taken down',
  })

/** Adds Markdown to the job's summary. One that cannot be written is not worth failing for. */
export async function addToSummary(env: Env, markdown: string): Promise<void> {
  const path = env['GITHUB_STEP_SUMMARY']
  if (path) await appendFile(path, markdown).catch(() => undefined)
}

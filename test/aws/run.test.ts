/** `labos run` on a rented machine that never gets as far as to serve: it is given back, whoever ends the run. */
import { expect, it } from 'vitest'
import type { Subject } from '../crash/subject.js'
import { eventually } from '../fakes/cli.js'
import { asked, read, TYPE } from './asked.js'
import { rig } from './rig.js'

const aws = rig()

/** The hub is nowhere, weights are the machine's business: to that address nothing is ever sent. */
const labos = (): Subject => aws.labos({ HF_ENDPOINT: 'http://255.255.255.255:9' })
const words = (...flags: string[]): string[] =>
  `run deepseek-coder-v2 --provider aws --instance-type ${TYPE} --yes --json`.split(' ').concat(flags, '--', 'true')

/** A run whose machine boots. */
async function booting(subject: Subject, ...flags: string[]) {
  const { child, ended } = subject.start(words(...flags))
  let events = ''
  child.stdout?.on('data', (piece: Buffer) => (events += piece.toString()))
  await eventually(() => events.includes('"step":"boot"'))
  return { child, ended }
}

it('gives the machine back at Ctrl-C, within one hour by itself, and runs no command', async () => {
  const { child, ended } = await booting(labos())
  const [request] = aws.calls('RunInstances')
  child.kill('SIGINT')
  const { exitCode, error, lines } = read(await ended)
  expect([exitCode, error?.code, lines.some(({ type }) => type === 'command')]).toEqual([130, 'interrupted', false])
  expect(error?.aftermath).toBe('What was made is removed again: nothing of it is left in AWS.')
  const at = Date.parse(/labos:expires-at.*?(20[-\dT:.]+Z)/.exec(JSON.stringify(request))?.[1] ?? '')
  expect(at - (request?.atMs ?? 0)).toBeGreaterThan(50 * 60_000)
  expect(at - (request?.atMs ?? 0)).toBeLessThan(61 * 60_000)
})

it('that was killed is seen by the next one, which tells its machine to end before anything else', async () => {
  const subject = labos()
  const { child, ended } = await booting(subject, '--run-id', 'job 7')
  child.kill('SIGKILL')
  await ended
  const next = read(await subject.run(...words('--max-price', '0.01')))
  expect([next.exitCode, next.error?.code]).toEqual([2, 'plan.nofit'])
  await eventually(async () => (await aws.cloud.leftovers()).every(({ kind }) => kind !== 'machine'))
  const { lines } = await asked(subject, 'down', '--run', 'job 7')
  expect(lines.at(-1)).toMatchObject({ type: 'result', result: { labs: [{ outcome: 'removed' }] } })
})

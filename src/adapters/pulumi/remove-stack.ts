/** A stack that holds nothing any more, out of a state that others share. */
import { LabosError } from '../../errors/labos-error.js'
import { engineEnv, PROJECT } from './folder.js'
import { runEngine } from './run-engine.js'
import type { StackWish } from './stack.js'

/** Success when there is none. Throws `teardown.incomplete`: nothing bills, but the state still lists the stack. */
export async function removeStack({ folder, engine, stack, env }: StackWish, signal: AbortSignal): Promise<void> {
  const name = `organization/${PROJECT}/${stack}`
  const args = ['stack', 'rm', name, '--force', '--yes', '--non-interactive']
  const { exitCode, stderr } = await runEngine(engine.command, args, { folder, env: engineEnv(folder, env), signal })
  if (exitCode === 0 || /no stack named|not found/.test(stderr)) return
  const why = stderr.trim().split('\n').at(-1) ?? ''
  throw new LabosError(
    'teardown.incomplete',
    `Nothing of the lab is left in AWS, but its stack is in the state: ${why}`,
    {
      suggestions: [`Run the same command again, or remove it by hand: \`pulumi stack rm ${name} --force\`.`],
    },
  )
}

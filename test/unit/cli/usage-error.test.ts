/** The built command line, misused. */
import { afterAll, describe, expect, it } from 'vitest'
import { cli } from '../../fakes/cli.js'

const labos = cli()
afterAll(() => labos.close())

describe('a line that is not understood', () => {
  it.each([
    [['up', '--jsn'], 'There is no flag --jsn here.', 'Did you mean --json?'],
    [['up', '--max-prise', '3'], 'There is no flag --max-prise here.', 'Did you mean --max-price?'],
    [['stop', '--yes'], 'There is no flag --yes here.', 'Leave it out: this command asks nothing.'],
    [['up', '--nothing-like-it'], 'There is no flag --nothing-like-it here.', 'See what it takes: add --help.'],
    [['up', '--ttl'], '--ttl needs a value.', 'See what it takes: add --help.'],
    [['up', 'one', 'two'], 'There is a word too many: two.', 'See what it takes: add --help.'],
    [['up', '--provider', 'gcp'], '--provider is one of aws, local, ssh, not "gcp".', ''],
    [['extend'], 'DURATION is missing: How much later: 30m, 2h.', ''],
    [['complete', 'a.py'], '--line is needed.', ''],
    [['chat', '--max-tokens', 'x'], '--max-tokens takes a whole number, not "x".', ''],
    [['chat', '--max-tokens', '0'], '--max-tokens takes a whole number greater than or equal to 1, not "0".', ''],
    [['down', '--all', '--name', 'x'], '--name and --all exclude each other.', ''],
  ] as const)('labos %j says it in plain words', async (argv, message, hint) => {
    const { exitCode, stderr } = await labos.run([...argv])
    expect(stderr).toContain(`usage.flags  ${message}`)
    expect(stderr).toContain(hint)
    expect(exitCode).toBe(2)
  })

  it('is said as an object with --json, an unknown command too', async () => {
    const { exitCode, stdout, stderr } = await labos.run(['upp', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ type: 'error', error: { code: 'usage.flags', exit: 2 } })
    expect([exitCode, stderr]).toEqual([2, ''])
  })
})

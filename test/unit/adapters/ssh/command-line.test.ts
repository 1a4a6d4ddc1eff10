import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { commandLine, withoutPid } from '../../../../src/adapters/ssh/command-line.js'
import type { Command } from '../../../../src/ports.js'

/** As sshd gives it to a login shell. */
function run(command: Pick<Command, 'argv' | 'env' | 'cwd'>): string {
  return execFileSync('/bin/sh', ['-c', commandLine(command)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

it.each([
  'plain',
  '',
  'two words',
  "it's",
  'back\\slash',
  '$HOME `id` $(id)',
  'new\nline',
  '"',
  '!*?[a]~',
  '-n',
  "'\\''",
])('passes the word %j as it is', (word) => {
  expect(run({ argv: ['printf', '%s|', word, 'end'] })).toBe(`${word}|end|`)
})

it('adds to the environment, takes from it, and runs in a folder', () => {
  const argv: Command['argv'] = ['sh', '-c', 'echo "$A"; echo "${PATH-none}"; pwd']
  expect(run({ argv: ['/bin/sh', '-c', 'echo "$A"'], env: { A: "a 'b'" } })).toBe("a 'b'\n")
  expect(
    run({ argv, env: { A: 'x', HOME: undefined }, cwd: '/usr' })
      .split('\n')
      .slice(0, 3),
  ).toEqual(['x', expect.any(String), '/usr'])
  expect(run({ argv: ['sh', '-c', 'echo "${HOME-none}"'], env: { HOME: undefined } })).toBe('none\n')
})

it('takes its own line from what the program said, and no other', () => {
  expect(withoutPid('labos-pid 12\nlabos-pid 13\nx')).toBe('labos-pid 13\nx')
  expect(withoutPid('sh: no\n')).toBe('sh: no\n')
})

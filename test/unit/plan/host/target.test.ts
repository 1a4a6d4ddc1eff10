import { describe, expect, it } from 'vitest'
import { opensshLine, parseTarget } from '../../../../src/plan/host/target.js'

describe('a target', () => {
  it.each([
    ['box', { host: 'box' }],
    ['me@box', { user: 'me', host: 'box' }],
    ['a.b@box.example.org:2222', { user: 'a.b', host: 'box.example.org', port: 2222 }],
    ['10.0.0.1:22', { host: '10.0.0.1', port: 22 }],
    ['me@[fe80::1]:22', { user: 'me', host: 'fe80::1', port: 22 }],
    ['me@::1', { user: 'me', host: '::1' }],
  ])('%s is read', (text, target) => {
    expect(parseTarget(text)).toEqual(target)
  })

  it.each(['', 'me@', '-oProxyCommand=x', 'me@-x', 'box:0', 'box:70000', 'box:ssh', 'two words', 'me@box@box'])(
    '%j is refused',
    (text) => {
      expect(() => parseTarget(text)).toThrow(expect.objectContaining({ code: 'usage.value' }))
    },
  )

  it.each([
    ['ada@box', 'ssh ada@box'],
    ['box:2222', 'ssh -p 2222 box'],
    ['me@[fe80::1]:2222', 'ssh -p 2222 me@fe80::1'],
  ])('%s can be typed for OpenSSH', (target, line) => {
    expect(opensshLine(target)).toBe(line)
    expect(opensshLine(target, 'nvidia-smi')).toBe(`${line} nvidia-smi`)
  })
})

import { describe, expect, it } from 'vitest'
import type { LogRule } from '../../../src/engines/engine.js'
import { engineLog } from '../../../src/serve/engine-log.js'

const rules: LogRule[] = [
  { cause: 'out-of-memory', pattern: /out of memory/, advice: 'Use a shorter context.' },
  { cause: 'load-failed', pattern: /failed to load/, advice: 'Read the lines before.' },
]

function saying(...lines: string[]): ReturnType<typeof engineLog> {
  const log = engineLog()
  for (const line of lines) log.add(line)
  return log
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `line ${String(index)}`)

describe('engineLog', () => {
  it('explains with the cause, what told it, and the advice', () => {
    const log = saying('loading', '  out of memory  ', 'failed to load')
    expect(log.explain(rules)).toBe('out-of-memory: out of memory Use a shorter context.')
  })

  it.each([
    ['the last line when no rule knows it', ['loading', 'Segmentation fault'], 'Segmentation fault'],
    ['the last line that holds something', ['  odd end ', '', '   '], 'odd end'],
    ['that it said nothing', [], 'it said nothing'],
    ['that it said nothing worth reading', ['', ' '], 'it said nothing'],
  ])('else tells %s', (_what, lines, expected) => {
    expect(saying(...lines).explain(rules)).toBe(expected)
  })

  it('forgets what an earlier process said', () => {
    const log = saying('out of memory')
    log.clear()
    expect(log.explain(rules)).toBe('it said nothing')
    log.add('failed to load')
    expect(log.explain(rules)).toContain('load-failed')
  })

  it('keeps the first and the last lines of many, and gives up the middle', () => {
    const [early, middle, late] = [numbered(10_000), numbered(10_000), numbered(10_000)]
    early[199] = 'out of memory'
    middle[5000] = 'out of memory'
    late[9999] = 'out of memory'
    expect(saying(...early).explain(rules)).toContain('out-of-memory')
    expect(saying(...middle).explain(rules)).toBe('line 9999')
    expect(saying(...late).explain(rules)).toContain('out-of-memory')
  })
})

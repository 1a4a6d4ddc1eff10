import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { userData } from '../../../src/bootstrap/user-data.js'

const deadlineScript = readFileSync(resolve(import.meta.dirname, '../../../templates/deadline.sh'), 'utf8')

describe('user data', () => {
  const text = userData({ deadlineScript, ttlMinutes: 239.2 })
  const config = parse(text) as { bootcmd: string[] }

  it('is cloud-config whose first command, at every boot, arms the end', () => {
    expect(text.split('\n')[0]).toBe('#cloud-config')
    expect(Object.keys(config)).toEqual(['bootcmd'])
    expect(config.bootcmd).toHaveLength(1)
    expect(config.bootcmd[0]?.trimEnd().split('\n').at(-1)).toBe(
      'exec /bin/sh /usr/local/lib/labos/deadline.sh arm 240',
    )
  })

  it('carries the script as it is', () => {
    const [, script] = /<<'LABOS_END'\n([\s\S]*?)\nLABOS_END\n/.exec(config.bootcmd[0] ?? '') ?? []
    expect(`${script ?? ''}\n`).toBe(deadlineScript)
  })

  it('fits EC2, with room', () => {
    expect(Buffer.byteLength(text)).toBeLessThan(8000)
  })

  it('refuses what EC2 would', () => {
    expect(() => userData({ deadlineScript: 'x'.repeat(17_000), ttlMinutes: 1 })).toThrow(/EC2 takes 16384/)
  })
})

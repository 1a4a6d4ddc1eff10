import { describe, expect, it } from 'vitest'
import { checkMirrors } from '../../../src/flow/up-rented/mirrors.js'

describe('a mirror for a rented machine', () => {
  it.each([
    'http://localhost:8080',
    'http://hub.localhost',
    'https://127.0.0.1',
    'http://127.8.9.1:80/hf',
    'http://[::1]:9',
  ])('is not this computer itself: %s', (hub) => {
    expect(() => checkMirrors({ hub })).toThrow(expect.objectContaining({ code: 'usage.value' }))
    expect(() => checkMirrors({ packageIndex: `${hub}/simple` })).toThrow(/The package index .* cannot reach it/)
  })

  it.each(['https://huggingface.co', 'http://10.0.0.5:8080', 'https://localhost.example', 'http://[fd00::1]'])(
    'is anywhere else: %s',
    (hub) => {
      expect(() => checkMirrors({ hub, packageIndex: `${hub}/simple` })).not.toThrow()
    },
  )
})

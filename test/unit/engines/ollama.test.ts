import { describe, expect, it } from 'vitest'
import { isRemoteOllama, ollamaPort } from '../../../src/engines/ollama.js'

describe('OLLAMA_HOST', () => {
  it.each([
    [undefined, 11_434, false],
    ['', 11_434, false],
    [':1234', 1234, false],
    ['127.0.0.1', 11_434, false],
    ['0.0.0.0:5000', 5000, false],
    ['http://localhost:5000/', 5000, false],
    [' [::1]:5000 ', 5000, false],
    ['gpu-box', 11_434, true],
    ['gpu-box:11434', 11_434, true],
    ['https://ollama.example:443/path', 443, true],
    ['127.0.0.1.example:1', 1, true],
  ])('%j: port %d, another computer: %s', (host, port, isRemote) => {
    expect(isRemoteOllama(host)).toBe(isRemote)
    if (!isRemote) expect(ollamaPort(host)).toBe(port)
  })
})

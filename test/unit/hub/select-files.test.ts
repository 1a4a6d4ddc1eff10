import { describe, expect, it } from 'vitest'
import type { RepoFile } from '../../../src/hub/repo.js'
import { checkPaths, selectFiles } from '../../../src/hub/select-files.js'

const named = (...paths: string[]): RepoFile[] =>
  paths.map((path) => ({ path, bytes: 1, digest: { kind: 'sha256', hex: '0'.repeat(64) } }))
const chosen = (patterns: string[], ...paths: string[]): string[] =>
  selectFiles(named(...paths), patterns).map(({ path }) => path)

describe('selectFiles', () => {
  const paths = ['config.json', 'model-1.safetensors', 'model-2.safetensors', 'onnx/model.onnx', 'a+b(1).txt']
  it.each([
    [[], paths],
    [['*'], paths],
    [['*.safetensors'], ['model-1.safetensors', 'model-2.safetensors']],
    [['model-?.safetensors'], ['model-1.safetensors', 'model-2.safetensors']],
    [['*.onnx'], ['onnx/model.onnx']],
    [
      ['onnx/*', 'config.json'],
      ['config.json', 'onnx/model.onnx'],
    ],
    [['a+b(1).txt'], ['a+b(1).txt']],
  ])('%j takes %j', (patterns, wanted) => {
    expect(chosen(patterns, ...paths)).toEqual(wanted)
  })

  it('refuses a pattern that matches nothing, and says what there is', () => {
    const many = Array.from({ length: 14 }, (_, index) => `f${String(index)}`)
    expect(() => chosen(['f1', 'model'], ...many)).toThrow(
      expect.objectContaining({
        code: 'usage.value',
        message: 'No file matches "model".',
        suggestions: [expect.stringMatching(/f0, f1, .*, f11, and 2 more\.$/)],
      }) as Error,
    )
  })
})

describe('checkPaths', () => {
  it('accepts what repositories hold', () => {
    const paths = ['.gitattributes', 'a/b/c.txt', 'a/b.txt', 'console.txt', 'auxiliary/x', 'ein Ärger.txt', '..x/y']
    expect(() => checkPaths(named(...paths))).not.toThrow()
  })

  it.each([
    ['/etc/x'],
    ['../x'],
    ['a/../x'],
    ['a//x'],
    ['./x'],
    [String.raw`a\x`],
    ['C:x'],
    ['a\0x'],
    ['com1.txt'],
    ['nul'],
    ['nul '],
    ['.. /x'],
    ['x.'],
    ['.labos/lock'],
    ['.LABOS/lock'],
    ['a', 'A'],
    ['\u00E9', 'e\u0301'],
    ['Data', 'data/x'],
    ['a/B', 'A/b/c'],
  ])('refuses %j', (...paths) => {
    expect(() => checkPaths(named(...paths))).toThrow(expect.objectContaining({ code: 'hub.unsafe', exit: 2 }) as Error)
  })
})

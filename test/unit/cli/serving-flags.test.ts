import { describe, expect, it } from 'vitest'
import { servingWish } from '../../../src/cli/serving-flags.js'

type Flags = Parameters<typeof servingWish>[0]

const wish = (
  more: Partial<Pick<Flags, 'engine-version' | 'engine-arg' | 'hub' | 'package-index'>>,
): ReturnType<typeof servingWish> =>
  servingWish({
    'boot-timeout': undefined,
    'engine-version': undefined,
    'engine-arg': undefined,
    hub: undefined,
    'package-index': undefined,
    idle: undefined,
    json: undefined,
    ...more,
  })
const refused = expect.objectContaining({ code: 'usage.value' }) as Error

describe('what a machine is to serve with', () => {
  it('is nothing of its own unless it is said', () => expect(wish({})).toEqual({ engineArgs: [] }))

  it('takes options of vLLM with and without a value, dashes or not', () => {
    expect(
      wish({ 'engine-arg': ['enforce-eager', '--max-num-seqs=4', 'hf-overrides={"a":1,"b":2}'] }).engineArgs,
    ).toEqual([
      { name: 'enforce-eager', value: 'true' },
      { name: 'max-num-seqs', value: '4' },
      { name: 'hf-overrides', value: '{"a":1,"b":2}' },
    ])
  })

  it.each(['host=0.0.0.0', 'port=1', 'api-key=x', '--model=other', 'uds=/tmp/x'])(
    'refuses %s: labos says that',
    (text) => {
      expect(() => wish({ 'engine-arg': [text] })).toThrow(refused)
    },
  )

  it.each(['', '=1', 'Two Words', '$(x)=1'])('refuses %j, which is no option', (text) => {
    expect(() => wish({ 'engine-arg': [text] })).toThrow(refused)
  })

  it('refuses an option that the engine does not have, and names the one that may be meant', () => {
    expect(() => wish({ 'engine-arg': ['nonsense'] })).toThrow(refused)
    const suggestions = expect.arrayContaining(['Did you mean `enforce-eager`?']) as unknown
    const near = expect.objectContaining({ suggestions }) as Error
    expect(() => wish({ 'engine-arg': ['enforce-eagre'] })).toThrow(near)
  })

  it('leaves it to another version which options it has', () => {
    expect(wish({ 'engine-arg': ['brand-new=1'], 'engine-version': '0.99.0' }).engineArgs).toHaveLength(1)
  })

  it('keeps the addresses of mirrors, without a slash at the end', () => {
    expect(wish({ hub: 'https://hub.example/', 'package-index': 'http://10.0.0.1/simple' })).toMatchObject({
      hub: 'https://hub.example',
      packageIndex: 'http://10.0.0.1/simple',
    })
  })

  it.each(['https://me:secret@mirror.example/simple', 'https://token@mirror.example', 'mirror', 'file:///simple'])(
    'refuses the mirror %s: the machine would be told in the clear, or cannot reach it',
    (address) => {
      expect(() => wish({ 'package-index': address })).toThrow(refused)
    },
  )

  it('repeats no password', () => {
    const tell = (): unknown => wish({ 'package-index': 'https://me:secret@mirror.example/simple' })
    expect(tell).not.toThrow(/secret/)
    expect(tell).toThrow(/a user or a password/)
  })

  it.each(['latest', '0.33', '>=0.28', '0.33.0; rm -rf /'])('refuses the engine version %j', (version) => {
    expect(() => wish({ 'engine-version': version })).toThrow(refused)
  })
})

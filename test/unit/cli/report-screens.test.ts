import { describe, expect, it } from 'vitest'
import { lookOf, type Look } from '../../../src/cli/report/look.js'
import { reportMarkdown } from '../../../src/cli/report/markdown.js'
import { modelsScreen } from '../../../src/cli/report/models-screen.js'
import { showScreen } from '../../../src/cli/report/show-screen.js'
import { listModels, showModel } from '../../../src/flow/models.js'
import { colour, noColour } from '../../../src/ui/paint.js'

const ids = listModels().models.map(({ id }) => id)
const looks: readonly Look[] = ['blocks', 'ascii', 'text']
const screen = (id: string, look: Look, paint = noColour): string => showScreen(showModel(id), paint, look)
const bare = (text: string): string => text.replaceAll(/\u001B\[\d+m/g, '') // eslint-disable-line no-control-regex -- colour codes
/** Bars of tokens are two columns wide at a terminal. */
const columnsOf = (line: string): number => line.length + (line.match(/\uFF5C/g)?.length ?? 0)
const tooWide = (text: string): string[] => text.split('\n').filter((line) => columnsOf(line) > 80)

describe('the list of models', () => {
  const text = modelsScreen(listModels(), noColour)

  it('fits 80 columns, names every model, and says how to go on', () => {
    expect(tooWide(text)).toEqual([])
    for (const id of ids) expect(text).toMatch(new RegExp(`^${id} `, 'm'))
    expect(text).toMatch(/\n {2}labos show NAME {2}.*\n {2}labos plan NAME {2}.*\n {2}labos up NAME {4}.*$/)
  })

  it('has sizes in columns and `-` where there are none', () => {
    const [head = '', ...lines] = text.split('\n')
    const rows = lines.filter((line) => ids.some((id) => line.startsWith(`${id} `)))
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
      ['smollm2', '135M', '8K', '-', '-', '-'],
      ['deepseek-coder-v2', '15.7B (2.45B)', '128K', '31.4 GB', '16.1 GB', '9.1 GB'],
      ['deepseek-coder-v2:lite-base', '15.7B (2.45B)', '128K', '31.4 GB', '16.1 GB', '9.1 GB'],
      ['deepseek-coder-v2:236b', '236B (20.9B)', '128K', '471 GB', '237 GB', '129 GB'],
      ['deepseek-coder-v2:236b-base', '236B (20.9B)', '128K', '471 GB', '237 GB', '-'],
    ])
    expect(rows.map((row) => row.length)).toEqual(ids.map(() => head.length))
  })

  it('says where each can run', () => {
    expect(text).toContain('this computer: llama.cpp 10.4 GB, ollama 8.9 GB; rented machines: vLLM')
    expect(text).toContain('not on this computer; rented machines: vLLM')
  })

  it('is the same with colour, but for the colour', () => {
    const painted = modelsScreen(listModels(), colour)
    expect(painted).not.toBe(text)
    expect(bare(painted)).toBe(text)
  })
})

describe.each(ids)('the report on %s', (id) => {
  it.each(looks)('fits 80 columns as %s, and no line ends in a space', (look) => {
    const text = screen(id, look)
    expect(tooWide(text)).toEqual([])
    expect(text.split('\n').filter((line) => line.endsWith(' '))).toEqual([])
    expect(text).not.toMatch(/undefined|NaN|null|\[object/)
  })

  it.each(looks)('as %s is the same with colour, but for the colour', (look) => {
    const painted = screen(id, look, colour)
    expect(bare(painted)).toBe(screen(id, look))
    expect(screen(id, look)).not.toContain('\u001B')
  })

  it('is plain ASCII where the terminal is not UTF-8', () => {
    expect(screen(id, 'ascii')).toMatch(/^[\n -~]*$/)
  })

  it('begins with what decides', () => {
    const heads = ['Good for', 'Not for', 'Size', 'How to run it', 'Results', 'Limitations', 'Architecture', 'Sources']
    const places = heads.map((head) => screen(id, 'text').indexOf(`\n${head}\n`))
    expect(places.every((place) => place > 0)).toBe(true)
    expect(places).toEqual([...places].sort((a, b) => a - b))
  })

  it('as Markdown has only whole tables, one title, and nothing but text', () => {
    const text = reportMarkdown(showModel(id))
    const tables = text.split('\n\n').filter((block) => block.startsWith('|'))
    expect(tables.length).toBeGreaterThan(1)
    for (const table of tables) {
      const rows = table.split('\n').map((line) => line.split(/(?<!\\)\|/).length)
      expect(new Set(rows).size).toBe(1)
      expect(table.split('\n')[1]).toMatch(/^(?:\| --- )+\|$/)
    }
    expect(text.match(/^# /gm)).toHaveLength(1)
    expect(text).not.toMatch(/undefined|NaN|null|\[object|\u001B|\n{3}/) // eslint-disable-line no-control-regex -- colour codes
  })

  it('as JSON is what the screens were made of', () => {
    const report = showModel(id)
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
  })
})

describe('results', () => {
  it('are bars at a terminal: sorted, proportional, the own model marked', () => {
    const lines = screen('deepseek-coder-v2', 'ascii').split('\n')
    const start = lines.findIndex((line) => line.startsWith('  USACO'))
    const bars = lines.slice(start + 1, start + 11)
    const values = bars.map((line) => Number(line.slice(19, 24)))
    expect(values).toEqual([...values].sort((a, b) => b - a))
    expect(bars.map((line) => line.slice(25).length)).toEqual(values.map((value) => Math.round((value / 18.8) * 13)))
    expect(bars.filter((line) => line.startsWith('> '))).toEqual(['> V2-Lite-Instruct   6.5 ####'])
  })

  it('that were not published are `-`, without a bar', () => {
    for (const look of looks)
      expect(screen('deepseek-coder-v2', look)).toMatch(/Llama3-70B +(?:16\.2 +)?-(?: +49\.2)?$/m)
    expect(reportMarkdown(showModel('deepseek-coder-v2'))).toContain('| Llama3-70B-Instruct | 16.2 | - | 49.2 |')
  })

  it('are a plain table in a pipe', () => {
    const text = screen('deepseek-coder-v2:236b', 'text')
    expect(text).toMatch(/^> V2-Instruct 236B {2} +90\.2 +75\.3 +76\.2 +43\.4 +12\.1$/m)
    expect(text).not.toMatch(/[█#]/)
  })
})

describe('how results are drawn', () => {
  it.each([
    [false, { LANG: 'en_GB.UTF-8' }, 'linux', 'text'],
    [true, { LANG: 'en_GB.UTF-8' }, 'linux', 'blocks'],
    [true, { LANG: 'en_GB.UTF-8', LC_ALL: 'C' }, 'linux', 'ascii'],
    [true, { LC_CTYPE: 'UTF-8' }, 'darwin', 'blocks'],
    [true, { LANG: 'en_GB.UTF-8', TERM: 'linux' }, 'linux', 'ascii'],
    [true, {}, 'linux', 'ascii'],
    [true, {}, 'win32', 'ascii'],
    [true, { WT_SESSION: 'x' }, 'win32', 'blocks'],
  ] as const)('terminal %s, %j on %s: %s', (isTerminal, env, platform, look) =>
    expect(lookOf(isTerminal, env, platform)).toBe(look),
  )
})

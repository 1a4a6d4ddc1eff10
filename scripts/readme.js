/** Writes the README's table of commands from the manifest; with --check only says whether it is current. */
import { readFileSync, writeFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'

const FILE = 'README.md'
const MARKS = /(<!-- commands -->\n)[\s\S]*?(<!-- commandsstop -->)/

/** @type {{commands: Record<string, {id: string, description: string, args: Record<string, {name: string, required?: boolean}>}>}} */
const { commands } = JSON.parse(readFileSync('oclif.manifest.json', 'utf8'))
const rows = Object.values(commands)
  .sort((a, b) => a.id.localeCompare(b.id))
  .map(({ id, description, args }) => {
    const words = Object.values(args).map(({ name, required }) =>
      required ? name.toUpperCase() : `[${name.toUpperCase()}]`,
    )
    return `| \`labos ${[id.replaceAll(':', ' '), ...words].join(' ')}\` | ${description.split('\n')[0]} |`
  })
const before = readFileSync(FILE, 'utf8')
const filled = before.replace(
  MARKS,
  (_, start, stop) => `${start}\n| command | what it does |\n| --- | --- |\n${rows.join('\n')}\n\n${stop}`,
)
const after = await format(filled, { ...(await resolveConfig(FILE)), filepath: FILE })
if (!process.argv.includes('--check')) writeFileSync(FILE, after)
else if (after !== before) {
  console.error(`${FILE}'s table of commands is stale: npm run docs`)
  process.exitCode = 1
}

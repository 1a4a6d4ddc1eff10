/**
 * Writes the tables of docs/plan.md from the plan itself, and the schema of `labos plan --json`; with --check only says
 * whether the committed ones are current.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import { planJsonSchema } from '../build/src/cli/plan-schema.js'
import { shippedTable } from '../build/src/plan/aws/type-table.js'
import { catalog } from '../build/src/plan/catalog.js'
import { rentableOf } from '../build/src/plan/rent/candidate.js'
import { planRent } from '../build/src/plan/rent/rent-plan.js'

const FILE = 'docs/plan.md'
const SCHEMA = 'docs/plan.schema.json'
const MARKS = /(<!-- tables -->\n)[\s\S]*?(<!-- tablesstop -->)/
const MODELS = ['deepseek-coder-v2', 'deepseek-coder-v2:236b']
const CONTEXTS = [8, 32, 128]
const SHOWN = 3

const tables = MODELS.map((id) => {
  const model = catalog.find((entry) => entry.id === id)
  if (!model) throw new Error(`no ${id} in the catalogue`)
  const rows = CONTEXTS.flatMap((thousands) =>
    model.checkpoints.map(({ precision }) => row(rentableOf(model), precision, thousands * 1024)),
  )
  return `### ${model.title}\n\n| context | weights | per GPU | room for tokens | machines, best first ($/h) |\n| ---: | --- | ---: | ---: | --- |\n${rows.join('\n')}\n`
})

const asOf = shippedTable.prices['us-east-1']?.asOf
const intro = `On demand in us-east-1, prices of ${asOf}, one request of full length at a time.`
const stale = [
  await update(FILE, (before) =>
    before.replace(MARKS, (_, start, stop) => `${start}\n${intro}\n\n${tables.join('\n')}\n${stop}`),
  ),
  await update(SCHEMA, () => JSON.stringify(planJsonSchema())),
].filter((file) => file !== undefined)
if (stale.length > 0) {
  console.error(`${stale.join(', ')}: stale: npm run docs`)
  process.exitCode = 1
}

/** @param {any} rentable @param {any} precision @param {number} contextTokens */
function row(rentable, precision, contextTokens) {
  const request = {
    precision,
    contextTokens,
    concurrency: 1,
    regions: ['us-east-1'],
    market: 'on-demand',
    prefer: 'cost',
  }
  const { offers } = planRent(rentable, /** @type {any} */ (request), shippedTable)
  const [first, ...more] = offers.filter(({ verdict }) => verdict === 'fits').slice(0, SHOWN)
  if (!first) return `| ${contextTokens / 1024}K | ${precision} | - | - | none |`
  const machines = [first, ...more].map(
    ({ instanceType, usdPerHour }) => `${instanceType} (${usdPerHour === null ? '?' : usdPerHour.toFixed(2)})`,
  )
  const size = `${(first.weightsGiBPerGpu ?? 0).toFixed(1)} GiB on ${first.tensorParallel}x ${first.gpu}`
  return `| ${contextTokens / 1024}K | ${precision} | ${size} | ${(first.kvTokens ?? 0).toLocaleString('en-US')} | ${machines.join(', ')} |`
}

/** Resolves to the file's name when it is stale and only looked at. @param {string} file @param {(before: string) => string} change */
async function update(file, change) {
  const isCheck = process.argv.includes('--check')
  const before = read(file)
  const after = await format(change(before), { ...(await resolveConfig(file)), filepath: file })
  if (isCheck) return after === before ? undefined : file
  writeFileSync(file, after)
  return undefined
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

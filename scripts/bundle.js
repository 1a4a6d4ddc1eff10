/** Bundles build/ (tsc's output) into dist/: ESM chunks loaded on demand, and the CommonJS fast path. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build } from 'esbuild'

const shared = {
  bundle: true,
  minify: true,
  platform: /** @type {const} */ ('node'),
  mainFields: ['module', 'main'],
  target: 'node20.19',
  metafile: true,
  logLevel: /** @type {const} */ ('warning'),
  legalComments: /** @type {const} */ ('none'),
}

/** What oclif loads at every start and labos never reaches, with what stands in its place. */
const STAND_INS = {
  debug: 'module.exports = () => Object.assign(() => undefined, { enabled: false, extend: module.exports })',
  semver: 'exports.satisfies = () => true', // bin/run.cjs has turned away an old Node.js by then
  minimatch: 'exports.minimatch = undefined', // plugins of oclif, which labos has none of
  tinyglobby: 'exports.globSync = undefined', // commands are found by the manifest
  'cli-spinners': 'module.exports = { line: {}, dots: {}, dots2: {} }', // progress is ora's
}

/** @type {import('esbuild').Plugin} */
const standIns = {
  name: 'stand-ins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(?:${Object.keys(STAND_INS).join('|')})$`) }, ({ path, importer }) =>
      /@oclif.core/.test(importer) ? { path, namespace: 'stand-in' } : undefined,
    )
    onLoad({ filter: /./, namespace: 'stand-in' }, ({ path }) => ({
      contents: STAND_INS[/** @type {keyof typeof STAND_INS} */ (path)],
    }))
  },
}

/** Pulumi's SDK is CommonJS that knows its own folder: a file of its own, without what labos's programs never use of it. */
const PULUMI_SDK = 'pulumi-sdk.cjs'

/** Required, not imported: Node.js would look through all of it for the names of its exports. @type {import('esbuild').Plugin} */
const pulumiElsewhere = {
  name: 'pulumi-elsewhere',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/sdk\.js$/ }, ({ importer }) =>
      /adapters.pulumi/.test(importer) ? { path: `../${PULUMI_SDK}`, namespace: 'elsewhere' } : undefined,
    )
    onLoad({ filter: /./, namespace: 'elsewhere' }, ({ path }) => ({
      contents: `export const { sdk } = require('${path}')`,
    }))
    onResolve({ filter: /./, namespace: 'elsewhere' }, ({ path }) => ({ path, external: true }))
  },
}

/** Closures as resources and remote programs: a compiler and a package manager. @type {import('esbuild').Plugin} */
const pulumiStandIns = {
  name: 'pulumi-stand-ins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:typescript|@npmcli\/arborist|normalize-package-data)$/ }, ({ path }) => ({
      path,
      namespace: 'unused',
    }))
    onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: 'module.exports = {}' }))
  },
}

/** ssh2 tries its parts in native code, of which none is needed, and goes on without. @type {import('esbuild').Plugin} */
const noNativeCode = {
  name: 'no-native-code',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^cpu-features$|\.node$/ }, ({ path }) => ({ path, namespace: 'native' }))
    onLoad({ filter: /./, namespace: 'native' }, () => ({ contents: "throw new Error('left out')" }))
    // Made for CommonJS, they ask where they lie: for a file that is in them anyway, and for Pageant's on Windows.
    onLoad({ filter: /ssh2.lib.(?:agent|protocol.crypto.poly1305)\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('__dirname', "''"),
    }))
  },
}

/**
 * The SDK's schemas name their fields by computed keys, behind which a bundler must expect anything: as plain keys, what no
 * command of ours needs is left out, which is nine tenths of EC2's.
 * @type {import('esbuild').Plugin}
 */
const leanSchemas = {
  name: 'lean-schemas',
  setup({ onLoad }) {
    onLoad({ filter: /client-[\w-]+.dist-es.schemas.schemas_\d+\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      const names = new Map([...text.matchAll(/^const (\w+) = ("[^"]*");$/gm)].map(([, name, value]) => [name, value]))
      return { contents: text.replace(/\[(\w+)\](?=: )/g, (key, name) => names.get(name) ?? key) }
    })
  },
}

rmSync('dist', { recursive: true, force: true })

const commands = readdirSync('build/src/commands', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.js'))
  .map((file) => join('build/src/commands', file))

const esm = await build({
  ...shared,
  entryPoints: ['build/src/main.js', 'build/src/keeper.js', 'build/src/provider.js', ...commands],
  outbase: 'build/src',
  outdir: 'dist',
  format: 'esm',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  // oclif asks for these only where a project runs from source.
  plugins: [standIns, pulumiElsewhere, noNativeCode, leanSchemas],
  external: ['typescript', 'tsx', 'tsx/*'],
  // oclif is CommonJS and requires by name at run time.
  banner: { js: "import{createRequire as labosRequire}from'node:module';const require=labosRequire(import.meta.url);" },
})

// CommonJS starts a fifth of a bare Node.js faster than ESM: `labos ps` is asked often.
const fast = await build({ ...shared, entryPoints: ['build/src/fast.js'], outfile: 'dist/fast.cjs', format: 'cjs' })

const pulumi = await build({
  ...shared,
  entryPoints: ['build/src/adapters/pulumi/sdk.js'],
  outfile: join('dist', PULUMI_SDK),
  format: 'cjs',
  mainFields: ['main'],
  plugins: [pulumiStandIns],
})

writeFileSync('dist/THIRD-PARTY-LICENSES.txt', licences([esm, fast, pulumi]))

/**
 * The licences of the packages that something of is in the bundles.
 * @param {import('esbuild').BuildResult[]} results
 */
function licences(results) {
  const outputs = results.flatMap(({ metafile }) => Object.values(metafile?.outputs ?? {}))
  const inputs = outputs.flatMap((output) =>
    Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  )
  const folders = new Set(inputs.map((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? ''))
  folders.delete('')
  return [...folders]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n\n`)
}

/** @param {string} folder */
function licenceOf(folder) {
  const { name, version, license, licenses = [] } = about(folder)
  const text = licenceText(folder) ?? siblingText(folder) ?? 'Its package holds no licence text.\n'
  return `${name} ${version} (${license ?? licenses.map(({ type }) => type).join(', ')})\n\n${text}`
}

/**
 * Packages of old say `licenses`.
 * @param {string} folder @returns {{name: string, version: string, license?: string, licenses?: {type: string}[]}}
 */
function about(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** @param {string} folder */
function licenceText(folder) {
  const file = readdirSync(folder).find((entry) => /^(?:licen[cs]e|copying)/i.test(entry))
  return file === undefined ? undefined : readFileSync(join(folder, file), 'utf8')
}

/** Some packages of a scope leave the text to the others: the same authors', under the same licence. @param {string} folder */
function siblingText(folder) {
  const scope = dirname(folder)
  if (!basename(scope).startsWith('@')) return undefined
  return readdirSync(scope)
    .map((entry) => join(scope, entry))
    .filter((entry) => about(entry).license === about(folder).license)
    .map(licenceText)
    .find((text) => text !== undefined)
}

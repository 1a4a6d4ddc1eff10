/** Bundles build/ (tsc's output) into dist/: ESM chunks loaded on demand, and the CommonJS fast path. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const shared = {
  bundle: true,
  minify: true,
  platform: /** @type {const} */ ('node'),
  target: 'node20.19',
  metafile: true,
  logLevel: /** @type {const} */ ('warning'),
  legalComments: /** @type {const} */ ('none'),
}

rmSync('dist', { recursive: true, force: true })

const commands = readdirSync('build/commands', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.js'))
  .map((file) => join('build/commands', file))

const esm = await build({
  ...shared,
  entryPoints: ['build/main.js', 'build/keeper.js', ...commands],
  outbase: 'build',
  outdir: 'dist',
  format: 'esm',
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  // oclif asks for these only where a project runs from source.
  external: ['typescript', 'tsx', 'tsx/*'],
  // oclif is CommonJS and requires by name at run time.
  banner: { js: "import{createRequire as labosRequire}from'node:module';const require=labosRequire(import.meta.url);" },
})

// CommonJS starts a fifth of a bare Node.js faster than ESM: `labos ps` is asked often.
const fast = await build({ ...shared, entryPoints: ['build/fast.js'], outfile: 'dist/fast.cjs', format: 'cjs' })

writeFileSync('dist/THIRD-PARTY-LICENSES.txt', licences([esm, fast]))

/** @param {import('esbuild').BuildResult[]} results */
function licences(results) {
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {}))
  const folders = new Set(inputs.map((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? ''))
  folders.delete('')
  return [...folders]
    .sort()
    .map(licenceOf)
    .join(`\n${'-'.repeat(80)}\n\n`)
}

/** @param {string} folder */
function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  return `${name} ${version} (${license})\n\n${file ? readFileSync(join(folder, file), 'utf8') : ''}`
}

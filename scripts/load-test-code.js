/** What the tests are made of, for scripts: TypeScript bundled into one module and loaded. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const ROOT = join(import.meta.dirname, '..')

/**
 * @param {string} file below test/: `cloud/cloud.ts`
 * @returns {Promise<any>} the module; whoever asks knows its type
 */
export async function loadTestCode(file) {
  // Inside the project, where it finds its libraries, and as deep as the sources, from where it finds the rest.
  const dir = mkdtempSync(join(ROOT, 'node_modules/.labos-test-code-'))
  try {
    const outfile = join(dir, 'module.mjs')
    await build({
      entryPoints: [join(ROOT, 'test', file)],
      outfile,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    })
    return await import(pathToFileURL(outfile).href)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

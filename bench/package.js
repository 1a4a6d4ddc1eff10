/** The package as it is installed: its size, what it brings along, and where the bytes are. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fixed } from './measure.js'

/** @typedef {import('./run.js').Row} Row */

/** What a file of dist belongs to, by its path or by words in it that the bundler leaves as they are: the first that fits. */
const GROUPS = [
  { name: "Pulumi's SDK", path: /pulumi-sdk/ },
  { name: 'the provider, with gRPC', path: /^provider/ },
  { name: 'undici', path: /undici/ },
  { name: 'licences', path: /LICENSES/ },
  { name: "AWS's SDK", words: /aws-sdk|smithy/ },
  { name: 'inquirer', words: /inquirer/ },
  { name: 'the rest', path: /./ },
]

/** @returns {Promise<Row[]>} */
export async function packageRows() {
  const dir = mkdtempSync(join(tmpdir(), 'labos-bench-'))
  try {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', dir])
    const packed = join(dir, `labos-${version}.tgz`)
    const user = join(dir, 'user')
    mkdirSync(user)
    writeFileSync(join(user, 'package.json'), '{"private":true}')
    execFileSync('npm', ['install', '--omit=dev', '--no-audit', '--no-fund', '--silent', packed], { cwd: user })
    const installed = join(user, 'node_modules')
    const count = filesIn(installed).filter((file) =>
      /(?:^|node_modules\/)(?:@[^/]+\/)?[^/]+\/package\.json$/.test(file),
    )
    const fact = (/** @type {string} */ what, /** @type {string} */ measured) => ({
      what,
      target: 'none',
      measured,
      ok: true,
    })
    return [
      fact('packed', megabytes(statSync(packed).size)),
      fact('installed', megabytes(sizeOf(installed, filesIn(installed)))),
      fact('packages installed, labos itself included', String(count.length)),
      ...groupsIn(join(installed, 'labos/dist')).map(([name, bytes]) => fact(`dist: ${name}`, megabytes(bytes))),
    ]
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** @param {string} dist @returns {[string, number][]} */
function groupsIn(dist) {
  const bytes = new Map(GROUPS.map(({ name }) => [name, 0]))
  for (const file of filesIn(dist)) {
    const text = readFileSync(join(dist, file), 'utf8')
    const group = GROUPS.find(({ path, words }) => path?.test(file) ?? words?.test(text))
    if (group) bytes.set(group.name, (bytes.get(group.name) ?? 0) + statSync(join(dist, file)).size)
  }
  return [...bytes]
}

/** @param {string} folder */
const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))

/** @param {string} folder @param {string[]} files */
const sizeOf = (folder, files) => files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)

/** @param {number} bytes */
const megabytes = (bytes) => `${fixed(bytes / 1e6)} MB`

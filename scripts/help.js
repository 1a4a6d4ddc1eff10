/** Renders the root help once, with oclif's own help class, so that `labos --help` need not load oclif. */
import { writeFileSync } from 'node:fs'
import { Config, Help } from '@oclif/core'

/** @type {string[]} */
const lines = []

class Written extends Help {
  /**
   * @override
   * @param {string[]} text
   */
  log(...text) {
    lines.push(text.join(' '))
  }
}

const EXITS = `EXIT CODES
  0 done                       6 provisioning failed
  1 a fault in labos           7 machine up, serving failed
  2 usage                      8 connection failed
  3 environment not ready      9 teardown incomplete
  4 input needed, no terminal  124 deadline passed
  5 cloud refused              130 interrupted

Every flag has a LABOS_* variable, defaults are in labos config.
`

const config = await Config.load(process.cwd())
await new Written(config, { stripAnsi: true, maxWidth: 80 }).showHelp(['--help'])
// The version line names the Node.js that built this; --version tells the one that runs.
const text = `${lines.join('\n').trimEnd()}\n`.replace(/VERSION\n.*\n\n/, '')
writeFileSync('dist/help.txt', `${text}\n${EXITS}`)

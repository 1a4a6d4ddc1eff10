/** `npm run cloud`: the tests' cloud on a port, until Ctrl-C. Prints what a shell needs to use it. */
import { constants } from 'node:os'
import { parseArgs } from 'node:util'
import { loadTestCode } from './load-test-code.js'

/** The AWS SDK speaks to those who update it. */
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'

const PORT = '5055'
const HELP = `An AWS to try labos on: moto behind a proxy, on this computer only. Ends with Ctrl-C, and all in it.

  npm run cloud                                             prints what a shell needs to use it
  npm run cloud -- RunInstances:InsufficientInstanceCapacity:3
                                                            refuses the first three such calls
  npm run cloud -- RunInstances:VcpuLimitExceeded           refuses all of them

Arguments: ACTION:ERROR or ACTION:ERROR:TIMES, as many as you like.
  --port N    listens there instead of on port ${PORT}; 0 takes one that is free
  --hosts     machines that boot, with systemd, cloud-init and SSH: for root on Linux

It needs Python 3 with venv, and installs moto once. test/cloud/demo.sh walks through labos on it.`

const { values, positionals } = parsed()
if (values.help) {
  console.log(HELP)
  process.exit(0)
}
const faults = positionals.map((text) => {
  const [action, error, times] = text.split(':')
  if (!action || !error || (times !== undefined && !(Number(times) > 0)))
    refuse(`"${text}" is not ACTION:ERROR or ACTION:ERROR:TIMES, like RunInstances:VcpuLimitExceeded:2`)
  return { action, kind: { error }, ...(times === undefined ? {} : { times: Number(times) }) }
})

const port = Number(values.port)
if (!Number.isInteger(port) || port < 0 || port > 65_535) refuse(`"${values.port}" is no port`)

const starting = new AbortController()
/** @type {import('../test/cloud/for-people.js').PeoplesCloud | undefined} */
let started
let isEnding = false
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    if (isEnding) return
    isEnding = true
    starting.abort()
    if (started) void started.close().then(() => process.exit(0))
    else process.exitCode = 128 + constants.signals[signal]
  })
}

console.error('starting the cloud (the first time installs moto) ...')
try {
  /** @type {typeof import('../test/cloud/for-people.js')} */
  const { startForPeople } = await loadTestCode('cloud/for-people.ts')
  starting.signal.throwIfAborted()
  started = await startForPeople({ port, hosts: values.hosts, log: console.error, signal: starting.signal })
  if (starting.signal.aborted) await started.close()
  else present(started)
} catch (error) {
  if (!starting.signal.aborted) {
    console.error(`The cloud does not start: ${reasonOf(error)}`)
    process.exitCode = 1
  }
}

/** @param {import('../test/cloud/for-people.js').PeoplesCloud} started */
function present({ cloud, env }) {
  for (const each of faults) cloud.fault(each)
  for (const [name, value] of Object.entries(env)) console.log(`export ${name}=${value}`)
  console.error('Paste these lines into another shell. Ctrl-C ends the cloud and all that is in it.')
}

/** @param {unknown} error */
function reasonOf(error) {
  if (!(error instanceof Error)) return String(error)
  if (!('code' in error) || error.code !== 'EADDRINUSE') return error.message
  return `port ${String(port)} is taken, by another \`npm run cloud\`? Take another port: \`npm run cloud -- --port 0\`.`
}

function parsed() {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean', short: 'h' },
        port: { type: 'string', default: PORT },
        hosts: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    })
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

/**
 * @param {string} why
 * @returns {never}
 */
function refuse(why) {
  console.error(`${why}\nSee \`npm run cloud -- --help\`.`)
  process.exit(2)
}

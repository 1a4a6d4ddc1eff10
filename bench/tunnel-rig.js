/** An engine's stand-in behind OpenSSH's server, and the ways to it: the gateway over ssh2, and `ssh -N -L`. */
import { fork, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { loadTestCode } from '../scripts/load-test-code.js'

/**
 * @typedef {object} Rig
 * @property {number} engine the engine's own port
 * @property {number} ours a port that leads there through the gateway
 * @property {number} theirs a port that leads there through `ssh -N -L`
 * @property {number} bare a port that leads there through the gateway without SSH
 * @property {import('../test/fakes/wire.js').Wire} wire where `ours` goes through, if that is asked for: it can be cut
 * @property {import('node:child_process').ChildProcess} keeper the process of `ours`
 * @property {import('node:child_process').ChildProcess} ssh
 * @property {() => Promise<number>} engineConnections how many the engine has
 */

/**
 * Without `throughWire` both take the same path: a relay costs what goes through it something.
 * @template T @param {(rig: Rig) => Promise<T>} work @param {{throughWire: boolean}} wish @returns {Promise<T>}
 */
export async function withTunnels(work, { throughWire }) {
  const [{ startSshd }, { wireTo }] = await Promise.all([loadTestCode('fakes/sshd.ts'), loadTestCode('fakes/wire.ts')])
  const sshd = await startSshd()
  const wire = await wireTo(sshd.place.port)
  const upstream = fork('bench/upstream-process.js')
  const engine = (await said(upstream)).port
  const keeper = fork('bench/tunnel-process.js', { execArgv: ['--expose-gc'] })
  keeper.send({ place: throughWire ? { ...sshd.place, port: wire.port } : sshd.place, engine })
  const plain = fork('bench/gateway-process.js', [String(engine)])
  const [{ port: ours }, { port: bare }, theirs] = await Promise.all([said(keeper), said(plain), freePort()])
  const ssh = openssh(sshd, theirs, engine)
  await untilOpen(theirs)
  const engineConnections = async () => (await asked(upstream)).connections
  try {
    return await work({ engine, ours, theirs, bare, wire, keeper, ssh, engineConnections })
  } finally {
    keeper.disconnect()
    plain.disconnect()
    upstream.disconnect()
    ssh.kill()
    await wire.close()
    await sshd.close()
  }
}

/** @param {any} sshd @param {number} port @param {number} engine */
function openssh(sshd, port, engine) {
  const key = join(sshd.dir, 'user_key')
  writeFileSync(key, sshd.userKey.privateKey, { mode: 0o600 })
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'IdentitiesOnly=yes']
  return spawn(
    'ssh',
    [
      ...[
        '-N',
        '-L',
        `127.0.0.1:${String(port)}:127.0.0.1:${String(engine)}`,
        '-i',
        key,
        '-p',
        String(sshd.place.port),
      ],
      ...options.flatMap((option) => ['-o', option]),
      '127.0.0.1',
    ],
    { stdio: 'inherit' },
  )
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<any>} */
const said = (child) => new Promise((resolve) => child.once('message', resolve))

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<any>} */
export function asked(child) {
  const answer = said(child)
  child.send({})
  return answer
}

/** @returns {Promise<number>} */
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      server.close(() => resolve(port))
    })
  })

/** @param {number} port */
async function untilOpen(port) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isOpen(port)) return
    await sleep(50)
  }
  throw new Error(`nothing listens on ${String(port)}`)
}

/** @param {number} port @returns {Promise<boolean>} */
const isOpen = (port) =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const end = (/** @type {boolean} */ answer) => () => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', end(true)).once('error', end(false))
  })

/** @param {number} ms */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * Resolves to the status, when the whole answer was read; rejects when it is cut. `leaveEarly`: hangs up at its first piece.
 * @param {number} port @param {{agent?: import('node:http').Agent | false, path?: string, body: Buffer, onPiece?: (piece: Buffer) => void, leaveEarly?: boolean}} question
 * @returns {Promise<number>}
 */
export const send = (port, { agent = false, path = '/v1/chat/completions', body, onPiece, leaveEarly = false }) =>
  new Promise((resolve, reject) => {
    const headers = { authorization: 'Bearer key', 'content-type': 'application/json', 'content-length': body.length }
    const req = request({ port, host: '127.0.0.1', agent, path, method: 'POST', headers }, (res) => {
      const status = res.statusCode ?? 0
      res.on('data', (piece) => {
        onPiece?.(piece)
        if (leaveEarly) req.destroy()
      })
      res.on('end', () => resolve(status))
      res.on('close', () => (leaveEarly ? resolve(status) : reject(new Error('the answer was cut'))))
      res.on('error', () => undefined)
    })
    req.on('error', reject)
    req.end(body)
  })

/** Seconds of CPU, user and system, that a process has used. @param {number | undefined} pid */
export function cpuOf(pid) {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** `labos up` of a lab that serves: the cloud and the stack of `up-rented.ts`, a machine to log in on, its keeper, and the hub. */
import { gunzipSync } from 'node:zlib'
import type { LabSpec } from '../../infra/spec.js'
import { LabosError } from '../../src/errors/labos-error.js'
import type { KeeperStatus } from '../../src/flow/keeper-status.js'
import { upRented } from '../../src/flow/up-rented/up-rented.js'
import type { Command, CommandResult, SshPlace } from '../../src/ports.js'
import { readRentedLab } from '../../src/state/read.js'
import { fakeProcesses, fakeProvider, saveSomeKeeper, whileItWaits, type FakeContext } from './context.js'
import { fakeConnection } from './ssh.js'
import { request, world, type World } from './up-rented.js'

export const COMMIT = 'c'.repeat(40)
export const NEW_KEY = hostKey('new')
const KEEPER = 7
const never = new AbortController().signal

/** A key that could be one. */
export function hostKey(seed: string): string {
  const piece = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes])
  const blob = Buffer.concat([piece(Buffer.from('ssh-ed25519')), piece(Buffer.alloc(32, seed))])
  return `ssh-ed25519 ${blob.toString('base64')}`
}

export const lease = (more: object = {}): string =>
  JSON.stringify({
    ...{ t: 1000, armed: true, deadline: 15_400, boot_deadline: 4600, idle_limit: 1800, idle_since: null },
    ...{ served: false, ends: 4600, ends_by: 'boot', on_end: 'poweroff', interrupt: null },
    ...more,
  })

export interface There {
  /** What `lease.sh show` prints. */
  lease: string
  /** The host key that it shows. */
  shows: string
  /** Its next logins are refused with these. */
  readonly refusals: LabosError[]
  /** All of them are, while it is set. */
  down: LabosError | undefined
  /** Where somebody logged in, or tried to. */
  readonly tries: SshPlace[]
  readonly ran: Command[]
  readonly files: Map<string, { readonly content: string; readonly mode: string }>
  /** Called before each command with its words; what it throws cuts the connection. */
  onRun: (line: string) => void
  /** How many connections are open. */
  open: number
  /** No login is answered. */
  isSilent: () => boolean
  /** Address of this computer, as the internet sees it. */
  seenFrom: string
}

export interface Keeper {
  /** What it says so long after its launch. */
  says: (elapsedMs: number) => Partial<KeeperStatus>
  /** It is killed so long after its launch. */
  diesAfterMs: number
  readonly done: string[]
}

export interface ServedWorld extends World {
  readonly there: There
  readonly keeper: Keeper
  /** User data that the stack was given, as text. */
  userData(): string
}

type More = Partial<FakeContext> & { readonly hub?: (url: string, method: string) => Response }

/** The machine serves five seconds after its keeper was launched, and says what a model would. */
export function servedWorld({ hub = openHub, ...more }: More = {}): ServedWorld {
  const there = machineThere()
  const processes = fakeProcesses([1])
  const keeper: Keeper = {
    says: (elapsedMs) => engine(elapsedMs < 5000 ? 'starting' : 'serving'),
    diesAfterMs: Infinity,
    done: [],
  }
  const { connect } = loginOn(there)
  const made = world(
    {
      processes,
      makeSshKey: (comment) => ({ privateKey: `private ${comment}`, publicKey: hostKey(comment) }),
      ssh: connect,
      fetch: async (input, init) => {
        const url = new URL(input instanceof Request ? input.url : input)
        if (url.hostname === 'checkip.amazonaws.com') return new Response(`${there.seenFrom}\n`)
        return url.hostname === '127.0.0.1' ? endpoint(url.pathname) : hub(url.href, init?.method ?? 'GET')
      },
      provider: fakeProvider({
        destroy: async () => {
          keeper.done.push('end')
          processes.running.delete(KEEPER)
          return []
        },
      }),
      ...more,
    },
    (spec, { machines }) => {
      if (machines.some(({ state }) => state !== 'terminated')) return undefined // adopted
      there.shows = /ed25519_public: "?(ssh-ed25519 \S+?)"?$/m.exec(textOf(spec))?.[1] ?? ''
      return undefined
    },
  )
  const { context } = made
  let launchedMs = 0
  Object.assign(context, {
    launcher: {
      launch: async (name: string) => {
        keeper.done.push('launch')
        processes.running.add(KEEPER)
        launchedMs = context.clock.monotonicMs()
        await saveSomeKeeper(context.paths, name, { port: readRentedLab(context.paths, name)?.port ?? 0 })
        return { pid: KEEPER, startTime: 't7' }
      },
    },
    ask: async () => {
      const elapsedMs = context.clock.monotonicMs() - launchedMs
      if (elapsedMs >= keeper.diesAfterMs) processes.running.delete(KEEPER)
      return { ...engine('starting'), labId: readRentedLab(context.paths, 'one')?.id, ...keeper.says(elapsedMs) }
    },
  })
  return {
    ...made,
    there,
    keeper,
    up: (wish, signal = never) =>
      whileItWaits(context.clock, upRented(request({ until: 'endpoint', ...wish }), context, signal)),
    userData: () => textOf(made.specs.at(-1)),
  }
}

const textOf = (spec: LabSpec | undefined): string =>
  gunzipSync(Buffer.from(spec?.machine.userData ?? '', 'base64')).toString()

export const engine = (
  state: KeeperStatus['engine']['state'],
  more: Partial<KeeperStatus> = {},
): Omit<KeeperStatus, 'labId'> => ({
  engine: { state, restarts: 0 },
  activity: { inFlight: 0, requests: 0 },
  lease: {},
  path: { state: 'connected', since: '2026-01-01T00:00:00.000Z' },
  ...more,
})

export function machineThere(): There {
  return {
    ...{ lease: lease(), shows: '', refusals: [], down: undefined, tries: [], ran: [], files: new Map() },
    ...{ onRun: () => undefined, open: 0, isSilent: () => false, seenFrom: '203.0.113.7' },
  }
}

/** Who does not accept the key that the machine shows is not let in. */
export function loginOn(there: There): { readonly connect: FakeContext['ssh'] } {
  const state = { installed: '' }
  const connect: FakeContext['ssh'] = async (place, signal) => {
    signal.throwIfAborted()
    there.tries.push(place)
    const refusal = there.isSilent() ? refused('machine.unreachable') : (there.down ?? there.refusals.shift())
    if (refusal) throw refusal
    if (!place.hostKeys.includes(there.shows)) throw refused('ssh.hostkey')
    there.open += 1
    const connection = fakeConnection()
    const { close } = connection
    return Object.defineProperties(connection, {
      run: { value: async (command: Command) => runOn(there, state, command) },
      close: {
        value: () => {
          there.open -= 1
          close()
        },
      },
    })
  }
  return { connect }
}

export const refused = (code: LabosError['code'], message = `${code} it is`): LabosError =>
  new LabosError(code, message, { suggestions: ['Look.'] })

function runOn(there: There, state: { installed: string }, command: Command): CommandResult {
  const line = command.argv.join(' ')
  there.onRun(line)
  there.ran.push(command)
  const said = (stdout = ''): CommandResult => ({ exitCode: 0, stdout, stderr: '' })
  if (line.includes('lease.sh show')) return said(there.lease)
  if (line.includes('ssh-keygen')) return said(`${NEW_KEY} \n`)
  if (line.includes('mv -f labos_next')) state.installed = NEW_KEY
  else if (line.includes('reload ssh')) there.shows = state.installed
  else if (line.includes('.part.')) {
    const [path = '', , mode = ''] = command.argv.slice(-3)
    there.files.set(path, { content: String(command.stdin), mode })
  }
  return said()
}

function endpoint(path: string): Response {
  if (path === '/health') return Response.json({})
  if (path === '/v1/models') return Response.json({ data: [{ id: 'deepseek-coder-v2' }] })
  const answer = 'def add(a, b): return a + b'
  return Response.json({ choices: [{ message: { content: answer } }], usage: { completion_tokens: 3 } })
}

/** Everybody may read everything. */
export function openHub(url: string, method: string): Response {
  const [, id = ''] = /\/api\/models\/(.+)\/revision\//.exec(url) ?? []
  if (method === 'HEAD') return new Response(null, { status: 302, headers: { location: 'https://storage.example' } })
  return Response.json({ id, sha: COMMIT, gated: false, siblings: [] })
}

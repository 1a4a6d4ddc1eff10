/** A computer on which `labos run smollm2 --engine ollama -- tool` works, with a keeper and a command that are fakes. */
import type { AskKeeper, ChildCommand, CommandEnd, StartChild } from '../../src/ports.js'
import { run } from '../../src/flow/run.js'
import type { RunOutcome } from '../../src/flow/run/report.js'
import type { RunRequest } from '../../src/flow/run/request.js'
import { readLocalLab } from '../../src/state/read.js'
import { type FakeContext, fakeContext, fakeProcesses, fakeProvider, saveSomeKeeper, whileItWaits } from './context.js'

/** How the command goes: it is given what it was started with, and what it is told. */
export type Behaviour = (told: Promise<NodeJS.Signals>, command: ChildCommand) => Promise<CommandEnd>

export interface RunWorld {
  readonly context: FakeContext
  /** What was done, in order: `begin`, `tool`, `SIGINT`, `destroy`, `end`. */
  readonly done: string[]
  run(more?: Partial<RunRequest>, signal?: AbortSignal): Promise<RunOutcome>
}

const KEEPER = 7
const json = (value: unknown, status = 200): Response => new Response(JSON.stringify(value), { status })
const answer = (content: string): unknown => ({
  choices: [{ message: { content } }],
  usage: { completion_tokens: 3 },
})

/** `says`: what the model answers to everything. */
export function runWorld(
  behaviour: Behaviour = async () => ({ exitCode: 0 }),
  { says = 'def add(a, b)', ...more }: Partial<FakeContext> & { readonly says?: string } = {},
): RunWorld {
  const done: string[] = []
  const processes = fakeProcesses([1])
  const provider = fakeProvider({
    destroy: async () => {
      done.push('destroy')
      processes.running.delete(KEEPER)
      return []
    },
  })
  const fetch: typeof globalThis.fetch = async (input) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input)
    if (pathname === '/api/tags') return json({ models: [{ name: 'smollm2:135m' }] })
    if (pathname === '/v1/models') return json({ data: [{ id: 'smollm2' }] })
    return json(pathname === '/health' ? {} : answer(says))
  }
  const launch = async (name: string): Promise<{ pid: number; startTime: string }> => {
    processes.running.add(KEEPER)
    await saveSomeKeeper(context.paths, name, { port: readLocalLab(context.paths, name)?.plan.port ?? 0 })
    return { pid: KEEPER, startTime: 't7' }
  }
  const ask: AskKeeper = async ({ port }) => ({
    labId: labAt(port, context)?.id,
    engine: { state: 'serving', restarts: 0 },
    activity: { inFlight: 0, requests: 0 },
    lease: {},
  })
  const context = fakeContext({
    processes,
    provider,
    fetch,
    ask,
    launcher: { launch },
    startChild: fakeChildren(behaviour, done),
    ...more,
  })
  const { machine } = context
  Object.assign(context, { machine: { ...machine, which: async (program: string) => programs.get(program) } })
  return {
    context,
    done,
    run: (wish = {}, signal = new AbortController().signal) =>
      whileItWaits(context.clock, run(runRequest(done, wish), context, signal)),
  }
}

const programs = new Map([
  ['tool', '/usr/bin/tool'],
  ['ollama', '/usr/bin/ollama'],
])

const labAt = (port: number, { paths }: FakeContext): ReturnType<typeof readLocalLab> => {
  const lab = readLocalLab(paths, 'one')
  return lab?.plan.port === port ? lab : undefined
}

const runRequest = (done: string[], more: Partial<RunRequest>): RunRequest => ({
  lab: { kind: 'local', request: { model: 'smollm2', engine: 'ollama', port: 0, agreed: true, lease: {} } },
  name: 'one',
  command: ['tool', 'do', 'it'],
  graceMs: 5000,
  stdout: 'stdout',
  atTerminal: false,
  received: () => 'SIGINT',
  around: { begin: () => void done.push('begin'), end: () => void done.push('end') },
  ...more,
})

function fakeChildren(behaviour: Behaviour, done: string[]): StartChild {
  return async (command) => {
    let tell: (signal: NodeJS.Signals) => void = () => undefined
    const told = new Promise<NodeJS.Signals>((resolve) => (tell = resolve))
    done.push(command.argv[0])
    return {
      ended: behaviour(told, command),
      kill: (signal) => {
        done.push(signal)
        tell(signal)
      },
    }
  }
}

/**
 * The provider as a process: a gRPC server on loopback that the engine starts, asks, and ends. It never dies in the middle
 * of a create, whatever dies around it, and never stays when nobody needs it any more.
 */
import { writeSync } from 'node:fs'
import grpc, { type sendUnaryData, type ServerUnaryCall, type UntypedServiceImplementation } from '@grpc/grpc-js'
import engineClients from '@pulumi/pulumi/proto/engine_grpc_pb.js'
import engine from '@pulumi/pulumi/proto/engine_pb.js'
import services from '@pulumi/pulumi/proto/provider_grpc_pb.js'
import emptyMessage from 'google-protobuf/google/protobuf/empty_pb.js'
import { failed } from './answers.js'
import type { Call, Handler } from './handler.js'
import { makeMethods } from './methods.js'

export interface ServeOptions {
  readonly handlers: readonly Handler[]
  readonly version: string
  /** Address of the engine, as it passes it to its plugins. */
  readonly engineAddress: string | undefined
  /** The process that started it: when that is gone nobody hears any more. */
  readonly enginePid: number
}

/** How often it looks whether the engine is still there. */
const LOOK_MS = 500

/** Resolves when it listens; its port is then the one line on stdout. Ends the process when its work is done. */
export async function serve({ handlers, version, engineAddress, enginePid }: ServeOptions): Promise<void> {
  const cancelled = new AbortController()
  const life = makeLife(enginePid, () => cancelled.abort())
  const say = sayTo(engineAddress)
  const callFor = (urn: string): Call => ({ signal: cancelled.signal, say: (text) => say(urn, text) })
  const methods = makeMethods(handlers, version, callFor)
  const unary = <Request, Answer>(
    work: (request: Request) => Answer | Promise<Answer>,
  ): ((call: ServerUnaryCall<Request, Answer>, answer: sendUnaryData<Answer>) => void) => {
    return ({ request }, answer) => {
      const done = life.begin()
      Promise.resolve()
        .then(() => work(request))
        .then(
          (value) => answer(null, value),
          (error: unknown) => answer(failed(error)),
        )
        .finally(done)
    }
  }
  const implementation: UntypedServiceImplementation = {
    handshake: unary(methods.handshake),
    configure: unary(methods.configure),
    getPluginInfo: unary(methods.getPluginInfo),
    check: unary(methods.check),
    diff: unary(methods.diff),
    create: unary(methods.create),
    read: unary(methods.read),
    update: unary(methods.update),
    delete: unary((request: Parameters<typeof methods.delete>[0]) =>
      methods.delete(request).then(() => new emptyMessage.Empty()),
    ),
    cancel: unary(() => {
      cancelled.abort()
      return new emptyMessage.Empty()
    }),
  }
  const server = new grpc.Server()
  server.addService(services.ResourceProviderService, implementation)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  writeSync(1, `${String(port)}\n`)
}

interface Life {
  /** Counts a call as under way; returns what ends it. */
  begin(): () => void
}

/** Leaves when told to (SIGINT after each run) or when the engine is gone; a call under way gives up its waits, and is finished. */
function makeLife(engine: number, cancel: () => void): Life {
  let busy = 0
  let isOver = false
  const leaveIfDone = (): void => {
    if (isOver && busy === 0) process.exit(0)
  }
  const end = (): void => {
    isOver = true
    cancel()
    leaveIfDone()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, end)
  setInterval(() => {
    if (process.ppid !== engine) end()
  }, LOOK_MS)
  return {
    begin: () => {
      busy += 1
      return () => {
        busy -= 1
        setImmediate(leaveIfDone) // the answer is on its way only after this turn
      }
    },
  }
}

/** Lines for whoever runs the engine. What cannot be said is not worth failing for. */
function sayTo(address: string | undefined): (urn: string, text: string) => void {
  if (address === undefined) return () => undefined
  const client = new engineClients.EngineClient(address, grpc.credentials.createInsecure())
  let last: Promise<void> = Promise.resolve()
  // One after the other: calls side by side arrive in any order.
  return (urn, text) => {
    const line = new engine.LogRequest()
    line.setSeverity(engine.LogSeverity.INFO)
    line.setUrn(urn)
    line.setMessage(text)
    line.setEphemeral(true)
    last = last.then(() => new Promise((resolve) => client.log(line, () => resolve())))
  }
}

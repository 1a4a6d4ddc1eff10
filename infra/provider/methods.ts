/** The engine's calls, each as one function from its request to its answer. */
import plugin from '@pulumi/pulumi/proto/plugin_pb.js'
import provider from '@pulumi/pulumi/proto/provider_pb.js'
import type {
  CheckRequest,
  CheckResponse,
  ConfigureResponse,
  CreateRequest,
  CreateResponse,
  DeleteRequest,
  DiffRequest,
  DiffResponse,
  ProviderHandshakeResponse,
  ReadRequest,
  ReadResponse,
  UpdateRequest,
  UpdateResponse,
} from '@pulumi/pulumi/proto/provider_pb.js'
import type { PluginInfo } from '@pulumi/pulumi/proto/plugin_pb.js'
import type { Call, Handler, Values } from './handler.js'
import { fromStruct, toStruct } from './values.js'

export interface Methods {
  handshake(): ProviderHandshakeResponse
  configure(): ConfigureResponse
  getPluginInfo(): PluginInfo
  check(request: CheckRequest): CheckResponse
  diff(request: DiffRequest): DiffResponse
  create(request: CreateRequest): Promise<CreateResponse>
  read(request: ReadRequest): Promise<ReadResponse>
  update(request: UpdateRequest): Promise<UpdateResponse>
  delete(request: DeleteRequest): Promise<void>
}

/** `callFor` gives what a handler may use while it works on the resource of that URN. */
export function makeMethods(handlers: readonly Handler[], version: string, callFor: (urn: string) => Call): Methods {
  const handlerOf = (urn: string): Handler => {
    const type = urn.split('::')[2]?.split('$').at(-1)
    const found = handlers.find((handler) => handler.type === type)
    if (!found) throw new Error(`labos has no resource of the type ${type ?? urn}`)
    return found
  }
  return {
    // Secrets and outputs are taken as plain values: nothing secret is ever an input.
    handshake: () => new provider.ProviderHandshakeResponse(),
    configure: () => {
      const answer = new provider.ConfigureResponse()
      answer.setSupportspreview(true)
      return answer
    },
    getPluginInfo: () => new plugin.PluginInfo().setVersion(version),
    check: (request) => {
      const inputs = request.getNews()
      const answer = new provider.CheckResponse()
      for (const { property, reason } of handlerOf(request.getUrn()).check(fromStruct(inputs)))
        answer.addFailures(new provider.CheckFailure().setProperty(property).setReason(reason))
      return answer.setInputs(inputs)
    },
    diff: (request) => diff(handlerOf(request.getUrn()), request),
    create: async (request) => {
      const inputs = fromStruct(request.getProperties())
      const answer = new provider.CreateResponse()
      if (request.getPreview()) return answer.setProperties(toStruct(inputs))
      const { id, state } = await handlerOf(request.getUrn()).create(inputs, callFor(request.getUrn()))
      return answer.setId(id).setProperties(toStruct(state))
    },
    read: async (request) => {
      const [inputs, state] = [request.getInputs(), request.getProperties()]
      const known: Values = { ...fromStruct(state), ...fromStruct(inputs) }
      const found = await handlerOf(request.getUrn()).read(request.getId(), known, callFor(request.getUrn()))
      const answer = new provider.ReadResponse()
      if (!found) return answer
      // Where the cloud differs from what was wished for, so do the inputs: the next run then mends it.
      const names = Object.keys(fromStruct(inputs))
      const seen = Object.fromEntries(names.map((name) => [name, found.state[name]]))
      return answer.setId(found.id).setProperties(toStruct(found.state)).setInputs(toStruct(seen))
    },
    update: async (request) => {
      const answer = new provider.UpdateResponse()
      if (request.getPreview()) return answer.setProperties(request.getNews())
      const [before, inputs] = [fromStruct(request.getOlds()), fromStruct(request.getNews())]
      const handler = handlerOf(request.getUrn())
      const { state } = await handler.update(request.getId(), before, inputs, callFor(request.getUrn()))
      return answer.setProperties(toStruct(state))
    },
    delete: (request) =>
      handlerOf(request.getUrn()).delete(
        request.getId(),
        fromStruct(request.getProperties()),
        callFor(request.getUrn()),
      ),
  }
}

function diff(handler: Handler, request: DiffRequest): DiffResponse {
  const { DiffChanges } = provider.DiffResponse
  const before = { ...fromStruct(request.getOlds()), ...fromStruct(request.getOldInputs()) }
  const { changes, replaces } = handler.diff(before, fromStruct(request.getNews()))
  const answer = new provider.DiffResponse()
  answer.setChanges(changes.length > 0 ? DiffChanges.DIFF_SOME : DiffChanges.DIFF_NONE)
  answer.setDiffsList([...changes])
  answer.setReplacesList([...replaces])
  // A quota often allows one machine, and the new one must never be found as the old one.
  answer.setDeletebeforereplace(true)
  return answer
}

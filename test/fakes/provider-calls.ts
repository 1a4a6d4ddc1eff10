/** The engine's calls to a provider, and the inputs of a lab to call it with. */
import type { ServiceError } from '@grpc/grpc-js'
import provider from '@pulumi/pulumi/proto/provider_pb.js'
import statuses from '@pulumi/pulumi/proto/status_pb.js'
import emptyMessage from 'google-protobuf/google/protobuf/empty_pb.js'
import type { Values } from '../../infra/provider/handler.js'
import { fromStruct, toStruct } from '../../infra/provider/values.js'
import type { MachineInputs } from '../../infra/spec.js'
import { accessWish, machineWish } from './ec2-calls.js'
import { asked, type ProviderProcess } from './provider-process.js'

export interface TestLab {
  readonly id: string
  readonly urn: { readonly access: string; readonly machine: string }
  readonly access: Values
  machine(groupId: string, more?: Partial<MachineInputs>): Values
}

/** The inputs of a lab of that id. */
export function testLab(id: string): TestLab {
  const place = { labId: id, tags: { 'labos:lab': id, Name: id } }
  const { vpcId: _vpcId, ...access } = accessWish(place)
  const urn = (type: string, name: string): string => `urn:pulumi:${id}::labos::labos:ec2:${type}::${name}`
  return {
    id,
    urn: { access: urn('Access', 'access'), machine: urn('Machine', 'machine') },
    access: { ...access },
    machine: (securityGroupId, more) => ({ ...machineWish({ ...place, securityGroupId, ...more }) }),
  }
}

export const create = (
  { client }: ProviderProcess,
  urn: string,
  inputs: Values,
  preview = false,
): Promise<provider.CreateResponse> =>
  asked((answered) =>
    client.create(
      new provider.CreateRequest().setUrn(urn).setProperties(toStruct(inputs)).setPreview(preview),
      answered,
    ),
  )
export const read = (
  { client }: ProviderProcess,
  urn: string,
  id: string,
  inputs: Values,
): Promise<provider.ReadResponse> =>
  asked((answered) => {
    const values = toStruct(inputs)
    const request = new provider.ReadRequest().setUrn(urn).setId(id).setInputs(values).setProperties(values)
    return client.read(request, answered)
  })
export const remove = ({ client }: ProviderProcess, urn: string, id: string, state: Values): Promise<unknown> =>
  asked((answered) =>
    client.delete(new provider.DeleteRequest().setUrn(urn).setId(id).setProperties(toStruct(state)), answered),
  )
export const diff = (
  { client }: ProviderProcess,
  urn: string,
  before: Values,
  inputs: Values,
): Promise<provider.DiffResponse> =>
  asked((answered) => {
    const request = new provider.DiffRequest().setUrn(urn).setId('x').setOlds(toStruct(before))
    return client.diff(request.setOldInputs(toStruct(before)).setNews(toStruct(inputs)), answered)
  })
export const cancel = ({ client }: ProviderProcess): Promise<unknown> =>
  asked((answered) => client.cancel(new emptyMessage.Empty(), answered))

/** What it rejects with; rejects when it does not. */
export const errorOf = (work: Promise<unknown>): Promise<ServiceError> =>
  work.then(
    () => Promise.reject(new Error('it should have failed')),
    (error: unknown) => error as ServiceError,
  )
export const stateOf = (answer: provider.CreateResponse): Values => fromStruct(answer.getProperties())

/** What exists in spite of a failure, as the engine reads it. */
export function partOf({ metadata }: ServiceError): provider.ErrorResourceInitFailed | undefined {
  const [bytes] = metadata.get('grpc-status-details-bin')
  if (!(bytes instanceof Buffer)) return undefined
  const [detail] = statuses.Status.deserializeBinary(bytes).getDetailsList()
  return (
    detail?.unpack(
      (packed) => provider.ErrorResourceInitFailed.deserializeBinary(packed),
      'pulumirpc.ErrorResourceInitFailed',
    ) ?? undefined
  )
}

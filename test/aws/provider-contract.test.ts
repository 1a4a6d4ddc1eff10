/** The provider as Pulumi's engine sees it: what the comments of its protocol promise, over the wire. */
import grpc from '@grpc/grpc-js'
import provider from '@pulumi/pulumi/proto/provider_pb.js'
import emptyMessage from 'google-protobuf/google/protobuf/empty_pb.js'
import { afterEach, describe, expect, it } from 'vitest'
import type { Values } from '../../infra/provider/handler.js'
import { fromStruct, toStruct, UNKNOWN } from '../../infra/provider/values.js'
import { FAILED } from '../../infra/spec.js'
import { cloudSuite } from '../fakes/cloud-suite.js'
import { zonesOf } from '../fakes/ec2-calls.js'
import { create, diff, errorOf, partOf, read, remove, stateOf, type TestLab, testLab } from '../fakes/provider-calls.js'
import {
  asked,
  endProviders,
  type ProviderProcess,
  type ProviderWish,
  startProvider,
} from '../fakes/provider-process.js'
import { tempDir } from '../fakes/temp-dir.js'

const suite = cloudSuite()
const { fault, machinesOf } = suite
const newLab = (): TestLab => testLab(suite.newLabId())
const start = (more: Partial<ProviderWish> = {}): Promise<ProviderProcess> =>
  startProvider({ dir: tempDir(), env: suite.cloud().env, ...more })

afterEach(endProviders)

describe('a provider', () => {
  it('says its port on one line and nothing else, and who it is', async () => {
    const running = await start()
    const hello = new provider.ProviderHandshakeRequest().setEngineAddress('127.0.0.1:1')
    const handshake = await asked<provider.ProviderHandshakeResponse>((answered) =>
      running.client.handshake(hello, answered),
    )
    expect([handshake.getAcceptSecrets(), handshake.getAcceptOutputs()]).toEqual([false, false])
    const about = await asked<{ getVersion(): string }>((answered) =>
      running.client.getPluginInfo(new emptyMessage.Empty(), answered),
    )
    expect(about.getVersion()).toMatch(/^\d+\.\d+\.\d+/)
    const configured = await asked<provider.ConfigureResponse>((answered) =>
      running.client.configure(new provider.ConfigureRequest(), answered),
    )
    expect([configured.getSupportspreview(), configured.getAcceptsecrets()]).toEqual([true, false])
    expect(running.said).toEqual([expect.stringMatching(/^\d+$/)])
  })

  it('has no schema, and no configuration to check', async () => {
    const { client } = await start()
    const schema = errorOf(asked((answered) => client.getSchema(new provider.GetSchemaRequest(), answered)))
    const check = errorOf(asked((answered) => client.checkConfig(new provider.CheckRequest(), answered)))
    for (const error of [await schema, await check]) expect(error.code).toBe(grpc.status.UNIMPLEMENTED)
  })

  it('names what is wrong with inputs, and takes what a preview does not know', async () => {
    const { client } = await start()
    const lab = newLab()
    const check = (inputs: Values): Promise<provider.CheckResponse> =>
      asked((answered) =>
        client.check(new provider.CheckRequest().setUrn(lab.urn.machine).setNews(toStruct(inputs)), answered),
      )
    const wrong = await check(lab.machine('sg-1', { imageId: '', rungs: [] }))
    expect(wrong.getFailuresList().map((failure) => failure.getProperty())).toEqual(['rungs', 'imageId'])
    const unknown = lab.machine(UNKNOWN)
    const right = await check(unknown)
    expect([right.getFailuresList(), fromStruct(right.getInputs())]).toEqual([[], unknown])
  })

  it('does not know of resources of other types', async () => {
    const error = await errorOf(create(await start(), 'urn:pulumi:s::labos::labos:ec2:Disk::disk', {}))
    expect(error.details).toBe('labos has no resource of the type labos:ec2:Disk')
  })

  it('wants another resource for another region or lab alone, the old one given back first', async () => {
    const running = await start()
    const lab = newLab()
    const before = lab.machine('sg-1')
    const moved = await diff(running, lab.urn.machine, before, { ...before, region: 'eu-west-1' })
    expect([moved.getChanges(), moved.getReplacesList()]).toEqual([
      provider.DiffResponse.DiffChanges.DIFF_SOME,
      ['region'],
    ])
    expect(moved.getDeletebeforereplace()).toBe(true)
    const more = lab.machine(UNKNOWN, { imageId: 'ami-2', rungs: zonesOf(3), tags: {}, userData: '' })
    const same = await diff(running, lab.urn.machine, before, more)
    expect([same.getChanges(), same.getReplacesList()]).toEqual([provider.DiffResponse.DiffChanges.DIFF_NONE, []])
    const opened = await diff(running, lab.urn.access, lab.access, { ...lab.access, ingress: [] })
    expect([opened.getDiffsList(), opened.getReplacesList()]).toEqual([['ingress'], []])
  })
})

describe('resources', () => {
  it('are not made by a preview', async () => {
    const running = await start()
    const lab = newLab()
    const before = suite.cloud().journal.length
    const answer = await create(running, lab.urn.machine, lab.machine(UNKNOWN), true)
    expect([answer.getId(), stateOf(answer)['labId']]).toEqual(['', lab.id])
    const update = new provider.UpdateRequest().setUrn(lab.urn.access).setNews(toStruct(lab.access)).setPreview(true)
    await asked((answered) => running.client.update(update, answered))
    expect(suite.cloud().journal.length).toBe(before)
  })

  it('are made, read, changed and given back; twice is as good as once', async () => {
    const running = await start()
    const lab = newLab()
    const group = await create(running, lab.urn.access, lab.access)
    const machine = await create(running, lab.urn.machine, lab.machine(group.getId()))
    expect(await machinesOf(lab.id)).toEqual([machine.getId()])
    const state = stateOf(machine)
    expect(state['machine']).toMatchObject({
      id: machine.getId(),
      state: 'running',
      address: expect.stringMatching(/^127\./) as string,
    })
    const again = await create(running, lab.urn.machine, lab.machine(group.getId()))
    expect(again.getId()).toBe(machine.getId())
    const seen = await read(running, lab.urn.machine, machine.getId(), state)
    expect([seen.getId(), fromStruct(seen.getProperties())]).toEqual([machine.getId(), state])
    const ingress = ['192.0.2.0/24']
    const update = new provider.UpdateRequest().setUrn(lab.urn.access).setId(group.getId())
    update.setOlds(group.getProperties()).setNews(toStruct({ ...lab.access, ingress }))
    const updated = await asked<provider.UpdateResponse>((answered) => running.client.update(update, answered))
    expect(fromStruct(updated.getProperties())['ingress']).toEqual(ingress)
    const wished = await read(running, lab.urn.access, group.getId(), lab.access)
    expect(fromStruct(wished.getInputs())).toEqual({ ...lab.access, ingress })
    for (let times = 0; times < 2; times += 1) {
      await remove(running, lab.urn.machine, machine.getId(), state)
      await remove(running, lab.urn.access, group.getId(), lab.access)
    }
    const gone = await read(running, lab.urn.machine, machine.getId(), state)
    expect([gone.getId(), gone.hasProperties()]).toEqual(['', false])
    expect((await read(running, lab.urn.access, group.getId(), lab.access)).getId()).toBe('')
  })

  it('that could not be made have no id, and leave nothing', async () => {
    const running = await start()
    const lab = newLab()
    const group = await create(running, lab.urn.access, lab.access)
    fault({ action: 'RunInstances', kind: { error: 'VcpuLimitExceeded', message: 'You have requested more vCPU' } })
    const error = await errorOf(create(running, lab.urn.machine, lab.machine(group.getId())))
    expect([error.code, partOf(error)]).toEqual([grpc.status.FAILED_PRECONDITION, undefined])
    expect(JSON.parse(error.details.slice(FAILED.length))).toMatchObject({
      code: 'VcpuLimitExceeded',
      message: 'You have requested more vCPU',
      permission: 'ec2:RunInstances',
      tried: [{ code: 'VcpuLimitExceeded' }],
    })
    expect(await machinesOf(lab.id)).toEqual([])
  })

  it('that were made and are not as they should be keep their id', async () => {
    const running = await start()
    const lab = newLab()
    const group = await create(running, lab.urn.access, lab.access)
    const mended = fault({ action: 'DescribeInstances', skip: 1, kind: { error: 'ExpiredToken', status: 400 } })
    const error = await errorOf(create(running, lab.urn.machine, lab.machine(group.getId())))
    mended()
    const part = partOf(error)
    expect(await machinesOf(lab.id)).toEqual([part?.getId()])
    expect(fromStruct(part?.getProperties())).toMatchObject({ labId: lab.id, machine: { id: part?.getId() } })
    expect(part?.getReasonsList()).toEqual([expect.stringContaining('ExpiredToken')])
  })
})

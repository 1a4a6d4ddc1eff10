import { engineNamed } from '../engines/engines.js'
import { vllm } from '../engines/vllm.js'
import { LabosError } from '../errors/labos-error.js'
import type { FimTemplate } from '../plan/plan.js'
import type { Paths } from '../state/paths.js'
import { readKeeper, readKey, readLab } from '../state/read.js'
import { isOnMachine, isRented, type LabRecord, type LocalLab, type MachineLab } from '../state/record.js'
import { endpointOf, openPort } from './from-answer.js'

export interface EndpointAccess {
  readonly name: string
  readonly baseUrl: string
  readonly key: string
  /** As the endpoint calls it. */
  readonly model: string
  /** As the catalogue calls it. */
  readonly modelId: string
  readonly contextTokens: number
  readonly fim: FimTemplate | null
  /** The engine fills in the middle by itself. */
  readonly nativeSuffix: boolean
  /** Command that opens the endpoint when nobody listens there. */
  readonly reopen: string
}

/** What a client needs to talk to a lab. Throws `lab.unknown` when the lab has no endpoint yet. */
export function endpointAccess(name: string, { paths }: { readonly paths: Paths }): EndpointAccess {
  const record = readLab(paths, name)
  const key = readKey(paths, name)
  const facts = record && (isOnMachine(record) ? machineFacts(record, paths) : localFacts(record))
  if (!record || !facts || key === undefined) throw noEndpoint(name, record)
  const { id, servedNames } = record.plan.model
  const { port, ...rest } = facts
  return { name, baseUrl: endpointOf(port), key, model: servedNames[0] ?? id, modelId: id, ...rest }
}

type Facts = Pick<EndpointAccess, 'contextTokens' | 'fim' | 'nativeSuffix' | 'reopen'> & { readonly port: number }

const localFacts = ({ name, plan }: LocalLab): Facts => ({
  port: plan.port,
  contextTokens: plan.contextTokens,
  fim: plan.model.fim,
  nativeSuffix: engineNamed(plan.engine).suffix === 'native',
  reopen: `labos up ${plan.model.id} --name ${name}`,
})

function machineFacts(record: MachineLab, paths: Paths): Facts | undefined {
  const { name, serving } = record
  const keeper = readKeeper(paths, name)
  const port = openPort(record, keeper)
  if (port === undefined || !serving) return undefined
  return {
    port,
    contextTokens: keeper?.kvRepair?.toTokens ?? serving.contextTokens,
    fim: serving.fim,
    nativeSuffix: vllm.suffix === 'native',
    reopen: isRented(record) && record.machine?.state === 'stopped' ? `labos start ${name}` : `labos tunnel ${name}`,
  }
}

function noEndpoint(name: string, record: LabRecord | undefined): LabosError {
  if (record && isOnMachine(record) && !record.plan.serving)
    return new LabosError(
      'lab.unknown',
      `The lab "${name}" has no endpoint: \`labos up\` was to stop at its machine.`,
      {
        suggestions: [
          `Serve the model on another: \`labos up ${record.plan.model.id} --name ${name}-2\`.`,
          `What there is of it: \`labos status ${name}\`.`,
        ],
      },
    )
  return new LabosError('lab.unknown', `The lab "${name}" has no endpoint yet.`, {
    suggestions: ['Bring it up: `labos up`.', 'See what there is: `labos ps`.'],
  })
}

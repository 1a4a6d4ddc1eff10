/** What a proof of serving must know of a lab. */
import { vllm } from '../engines/vllm.js'
import type { LocalLab, MachineLab } from '../state/record.js'

export interface Proving {
  readonly name: string
  readonly port: number
  /** Catalogue's name of the model, for people. */
  readonly modelId: string
  readonly title: string
  readonly engine: string
  /** As the endpoint calls the model. */
  readonly model: string
  readonly asks: 'chat' | 'completion'
  /** Null: no question with a known answer is known, and one token is the proof. */
  readonly canary: { readonly prompt: string; readonly expect: string } | null
  /** How long the engine may take until its first token. */
  readonly deadlineMs: number
}

/** Slowest disk a load is expected from. */
const LOAD_BYTES_PER_MS = 30_000

export const localProving = ({ name, plan }: LocalLab): Proving => ({
  ...namesOf(plan.model),
  name,
  port: plan.port,
  engine: plan.engine,
  asks: 'chat',
  canary: plan.model.canary,
  deadlineMs: 120_000 + plan.model.weightsBytes / LOAD_BYTES_PER_MS,
})

/** Throws for a lab whose record says nothing of what is served. */
export function machineProving({ name, plan, port, serving }: MachineLab, deadlineMs: number): Proving {
  if (port === undefined || !serving) throw new Error(`nothing is to be served on the machine of "${name}"`)
  const { asks, canary } = serving
  return { ...namesOf(plan.model), name, port, engine: vllm.name, asks, canary, deadlineMs }
}

const namesOf = ({
  id,
  title,
  servedNames,
}: Pick<LocalLab['plan']['model'], 'id' | 'title' | 'servedNames'>): Pick<Proving, 'modelId' | 'title' | 'model'> => ({
  modelId: id,
  title,
  model: servedNames[0] ?? id,
})

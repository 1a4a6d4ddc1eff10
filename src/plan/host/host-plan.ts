/**
 * The plan for a host of the user's own: which checkpoint, on which of its GPUs, with how much context, and what is made there.
 * Data; everything after it reads the plan, nothing computes it again.
 */
import type { InstanceType } from '../aws/type-table.js'
import type { Refusal } from '../decide.js'
import { gpuOfHost } from '../gpus.js'
import type { Candidate, Rentable } from '../rent/candidate.js'
import { modelOf, type RentedModel } from '../rent/rent-plan.js'
import type { RentRequest } from '../rent/request.js'
import { contextsFor, suit, type Suit } from '../rent/suit.js'
import type { HostFacts, HostGpu } from './host-facts.js'
import { refuseNoRoom } from './no-room.js'

export interface HostRequest extends Pick<RentRequest, 'precision' | 'contextTokens' | 'concurrency'> {
  /** `user@box`, as it was asked for. */
  readonly target: string
}

/** Public: `labos up --provider ssh --dry-run --json` prints it as it is. Sizes per GPU unless said otherwise. */
export interface HostPlan {
  readonly schemaVersion: 1
  readonly provider: 'ssh'
  readonly target: string
  readonly model: RentedModel
  readonly gpu: string
  /** GPUs that share the model. */
  readonly gpuCount: number
  /** Which of the host's, as nvidia-smi counts; null = all that it has. */
  readonly gpuIndexes: readonly number[] | null
  readonly gpuMemoryMiB: number
  readonly computeCapability: number
  readonly driver: string
  readonly memoryGiB: number
  readonly contextTokens: number
  readonly maxSequences: number
  /** Null where the memory was stated by the user, not computed. */
  readonly weightsGiBPerGpu: number | null
  readonly overheadGiB: number | null
  readonly kvTokens: number | null
  readonly enginePort: number
  readonly makes: HostMakes
  /** The host is the user's. */
  readonly usdPerHour: 0
  /** What was given up to make it fit, in sentences. */
  readonly decisions: readonly string[]
  readonly notes: readonly string[]
}

/** All that is made on the host; `labos down` removes it. */
export interface HostMakes {
  readonly folder: string
  /** Units of the user's own systemd. */
  readonly units: readonly string[]
  /** That they live on after the logout has to be allowed. */
  readonly linger: boolean
  readonly diskBytes: number
  readonly downloads: readonly { readonly what: string; readonly bytes: number }[]
}

export type HostDecision =
  { readonly ok: true; readonly plan: HostPlan } | { readonly ok: false; readonly refusal: Refusal }

/** GPUs of one kind that nobody uses. */
export interface GpuGroup {
  readonly gpus: readonly HostGpu[]
  readonly isAll: boolean
}

/** The engine with its CUDA libraries: to download, and installed; and what it compiles as it runs. */
const ENGINE_DOWNLOAD_BYTES = 6e9
const DISK_BYTES = 20e9
const WEIGHTS_ROOM = 1.05
/** vLLM takes its part of the whole memory or does not start. */
const FREE_SHARE = 0.92
export const FIRST_PORT = 8000
const PORTS = 200

export const UNITS = ['bootstrap', 'engine', 'arm', 'lease', 'end'] as const

/** `folder`: of the lab, below the home folder. */
export function planHost(rentable: Rentable, request: HostRequest, facts: HostFacts, folder: string): HostDecision {
  const groups = groupsOf(facts.gpus)
  const candidates = rentable.candidates.filter(
    ({ precision }) => request.precision === undefined || precision === request.precision,
  )
  const tried = candidates.flatMap((candidate) =>
    groups.map((group) => ({ group, suited: suitOn(candidate, group, facts, rentable, request) })),
  )
  const chosen = tried.find(({ suited }) => suited.refusal === undefined)
  if (!chosen) return { ok: false, refusal: refuseNoRoom(tried, facts, rentable, request) }
  const refusal = refuseDisk(chosen.suited.candidate, facts, request)
  if (refusal) return { ok: false, refusal }
  return { ok: true, plan: planOf(rentable, chosen.suited, chosen.group, { request, facts, folder }) }
}

/** GPUs of the same kind, those with the most memory together first. */
function groupsOf(gpus: readonly HostGpu[]): GpuGroup[] {
  const free = gpus.filter(({ memoryMiB, usedMiB }) => memoryMiB - usedMiB >= memoryMiB * FREE_SHARE)
  const kinds = new Map<string, HostGpu[]>()
  for (const gpu of free) {
    const kind = `${gpu.name} ${String(gpu.memoryMiB)}`
    kinds.set(kind, [...(kinds.get(kind) ?? []), gpu])
  }
  const together = (group: readonly HostGpu[]): number => group.reduce((sum, { memoryMiB }) => sum + memoryMiB, 0)
  return [...kinds.values()]
    .sort((one, other) => together(other) - together(one))
    .map((group) => ({ gpus: group, isAll: group.length === gpus.length }))
}

function suitOn(
  candidate: Candidate,
  { gpus }: GpuGroup,
  { cpus, memoryGiB }: HostFacts,
  rentable: Rentable,
  request: HostRequest,
): Suit {
  const [first] = gpus
  const { name = '', memoryMiB = 0, computeCapability = 0 } = first ?? {}
  const machine: InstanceType = {
    instanceType: 'host',
    gpu: name,
    gpuCount: gpus.length,
    gpuMemoryMiB: memoryMiB,
    gpuFacts: gpuOfHost(name, memoryMiB, computeCapability),
    vcpus: cpus,
    memoryGiB,
    nvmeGB: 0,
    architecture: 'x86_64',
    zones: {},
    usdPerHour: {},
  }
  return suit(candidate, machine, contextsFor(rentable, request), request.concurrency)
}

const diskBytesOf = ({ weightsBytes }: Candidate): number => DISK_BYTES + weightsBytes * WEIGHTS_ROOM

function refuseDisk(candidate: Candidate, { diskFreeBytes }: HostFacts, { target }: HostRequest): Refusal | undefined {
  const needed = diskBytesOf(candidate)
  if (diskFreeBytes >= needed) return undefined
  return {
    code: 'disk.short',
    message: `Engine and weights need ${inGB(needed)} GB of disk on ${target}, and ${inGB(diskFreeBytes)} GB are free in the home folder.`,
    suggestions: ['Free some space there.', 'Or a smaller checkpoint: `--precision`.'],
  }
}

const inGB = (bytes: number): string => (bytes / 1e9).toFixed(0)

interface PlanParts {
  readonly request: HostRequest
  readonly facts: HostFacts
  readonly folder: string
}

function planOf(
  rentable: Rentable,
  suited: Suit,
  { gpus, isAll }: GpuGroup,
  { request, facts, folder }: PlanParts,
): HostPlan {
  const { candidate, tensorParallel, contextTokens, maxSequences, terms, remarks } = suited
  const used = gpus.slice(0, tensorParallel)
  const [gpu] = used
  if (!gpu) throw new Error('a plan without GPUs')
  const name = folder.slice(folder.lastIndexOf('/') + 1)
  return {
    schemaVersion: 1,
    provider: 'ssh',
    target: request.target,
    model: modelOf(rentable, candidate),
    gpu: gpu.name,
    gpuCount: tensorParallel,
    gpuIndexes: isAll && used.length === gpus.length ? null : used.map(({ index }) => index),
    gpuMemoryMiB: gpu.memoryMiB,
    computeCapability: gpu.computeCapability,
    driver: gpu.driver,
    memoryGiB: facts.memoryGiB,
    contextTokens,
    maxSequences,
    weightsGiBPerGpu: terms ? terms.weights.totalGiB : null,
    overheadGiB: terms ? terms.overhead.totalGiB : null,
    kvTokens: terms ? terms.kvTokens : null,
    enginePort: freePort([...facts.listens, ...facts.otherLabs.map(({ port }) => port)]),
    makes: {
      folder: `${facts.home}/${folder}`,
      units: UNITS.map((unit) => `labos-${name}-${unit}`),
      linger: !facts.lingers,
      diskBytes: diskBytesOf(candidate),
      downloads: [
        { what: 'vLLM', bytes: ENGINE_DOWNLOAD_BYTES },
        { what: `weights of ${candidate.repo}`, bytes: candidate.weightsBytes },
      ],
    },
    usdPerHour: 0,
    decisions: decisionsOf(rentable, suited, request),
    notes: [
      ...rentable.assumed,
      ...(rentable.note === null ? [] : [rentable.note]),
      ...(candidate.note === null ? [] : [candidate.note]),
      ...facts.otherLabs.map(
        ({ name }) => `The lab "${name}" is on this host, too: a GPU that it starts to use later is not free then.`,
      ),
      ...(remarks.includes('low RAM') ? ['The host has little memory for these weights: loading is slow.'] : []),
    ],
  }
}

function freePort(listens: readonly number[]): number {
  const ports = Array.from({ length: PORTS }, (_, index) => FIRST_PORT + index)
  return ports.find((port) => !listens.includes(port)) ?? FIRST_PORT
}

function decisionsOf(rentable: Rentable, { candidate, contextTokens, type }: Suit, request: HostRequest): string[] {
  const [finest] = rentable.candidates
  return [
    ...(request.contextTokens === undefined && contextTokens < rentable.contextMaxTokens
      ? [
          `Context ${String(contextTokens)} instead of ${String(rentable.contextMaxTokens)} tokens: the longest that leaves a tenth spare on ${type.gpu}.`,
        ]
      : []),
    ...(request.precision === undefined && finest && finest.precision !== candidate.precision
      ? [`${candidate.precision} instead of ${finest.precision}, which does not fit on ${type.gpu}.`]
      : []),
  ]
}

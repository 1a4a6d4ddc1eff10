/** Whether a request makes sense at all: names that exist, limits that can be kept together. Pure; a refusal is a value. */
import type { Refusal } from '../decide.js'
import type { TypeTable } from '../aws/type-table.js'
import { nearest } from '../find-model.js'
import type { Rentable } from './candidate.js'
import type { RentRequest } from './request.js'

export function checkRequest(rentable: Rentable, request: RentRequest, table: TypeTable): Refusal | undefined {
  return (
    checkModel(rentable, request) ??
    checkNames('--region', request.regions, regionsOf(table)) ??
    checkNames(
      '--instance-type',
      request.instanceTypes ?? [],
      table.types.map(({ instanceType }) => instanceType),
    ) ??
    checkTypeHasGpu(request, table)
  )
}

/** The part of it that is about the model alone. */
export const checkModel = (
  rentable: Rentable,
  request: Pick<RentRequest, 'precision' | 'contextTokens'>,
): Refusal | undefined => checkPrecision(rentable, request) ?? checkContext(rentable, request)

/** Undefined when the table knows the region. */
export const checkRegion = (region: string, table: TypeTable): Refusal | undefined =>
  checkNames('--region', [region], regionsOf(table))

/** Every region that the table speaks of, sorted. */
export const regionsOf = ({ types, prices }: TypeTable): string[] =>
  [...new Set([...types.flatMap(({ zones }) => Object.keys(zones)), ...Object.keys(prices)])].sort()

/** Every GPU of the table, sorted. */
const gpusOf = ({ types }: TypeTable): string[] => [...new Set(types.map(({ gpu }) => gpu))].sort()

export type GpuLookup =
  { readonly ok: true; readonly gpus: readonly string[] } | { readonly ok: false; readonly refusal: Refusal }

/** GPUs as people name them: `l4`, `a100` (both of that name), `rtx pro 6000`. */
export function findGpus(names: readonly string[], table: TypeTable): GpuLookup {
  const known = gpusOf(table)
  const found: string[] = []
  for (const name of names) {
    const exact = known.filter((gpu) => plain(gpu) === plain(name))
    const byBeginning = known.filter((gpu) => plain(gpu.replace(/-\d+GB$/, '')) === plain(name))
    const matches = exact.length > 0 ? exact : byBeginning
    if (matches.length === 0) return { ok: false, refusal: unknownName('--gpu', name, known) }
    found.push(...matches)
  }
  return { ok: true, gpus: found }
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')

function checkNames(flag: string, names: readonly string[], known: readonly string[]): Refusal | undefined {
  const wrong = names.find((name) => !known.includes(name))
  return wrong === undefined ? undefined : unknownName(flag, wrong, known)
}

function unknownName(flag: string, name: string, known: readonly string[]): Refusal {
  const lower = new Map(known.map((entry) => [entry.toLowerCase(), entry]))
  const shown = nearest(name.toLowerCase(), [...lower.keys()]).map((entry) => lower.get(entry) ?? entry)
  return {
    code: 'usage.value',
    message: `${flag} ${name}: labos knows none of that name.`,
    suggestions: [
      shown.length > 0 ? `Did you mean ${shown.join(' or ')}?` : `Known: ${known.join(', ')}.`,
      'What AWS has added since: `labos prices refresh`, with credentials.',
    ],
  }
}

function checkPrecision(
  { id, candidates }: Rentable,
  { precision }: Pick<RentRequest, 'precision'>,
): Refusal | undefined {
  if (precision === undefined || candidates.some((candidate) => candidate.precision === precision)) return undefined
  return {
    code: 'usage.value',
    message: `There is no ${precision} checkpoint of ${id}.`,
    suggestions: [`There are: ${candidates.map((candidate) => candidate.precision).join(', ')}.`],
  }
}

function checkContext(
  { id, contextMaxTokens }: Rentable,
  { contextTokens }: Pick<RentRequest, 'contextTokens'>,
): Refusal | undefined {
  if (contextTokens === undefined || contextTokens <= contextMaxTokens) return undefined
  return {
    code: 'usage.value',
    message: `--context ${String(contextTokens)} is more than ${id} was made for (${String(contextMaxTokens)} tokens).`,
    suggestions: [`Use --context ${String(contextMaxTokens)} or less.`],
  }
}

function checkTypeHasGpu({ gpus, instanceTypes }: RentRequest, { types }: TypeTable): Refusal | undefined {
  if (!gpus || !instanceTypes) return undefined
  const named = types.filter(({ instanceType }) => instanceTypes.includes(instanceType))
  if (named.some(({ gpu }) => gpus.includes(gpu))) return undefined
  return {
    code: 'usage.value',
    message: `--gpu ${gpus.join(',')} and --instance-type ${instanceTypes.join(',')} cannot both be: ${named.map(({ instanceType, gpu }) => `a ${instanceType} has ${gpu}`).join(', ')}.`,
    suggestions: ['Leave one of the two out.'],
  }
}

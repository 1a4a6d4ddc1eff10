/** Which labs a `labos down` is about, here and in AWS, and the end of each: one that fails stops no other. */
import { LabosError } from '../errors/labos-error.js'
import type { CloudLab } from '../plan/aws/cloud-labs.js'
import { checkLabName } from '../state/paths.js'
import { labNames, readLab } from '../state/read.js'
import { chooseLab, unknownLab } from './choose-lab.js'
import { isCloudLikely } from './cloud-likely.js'
import type { Context } from './context.js'
import { cloudLabNamed, downCloudLab, ofOthers } from './down-by-tags.js'
import { down } from './down.js'
import type { DownRequest, DownResult } from './down-result.js'
import { placesText, type Search, searchCloud } from './search-cloud.js'

export interface DownWish extends Omit<DownRequest, 'name'> {
  /** Name or id. */
  readonly named?: string
  readonly all: boolean
  /** The user said yes to all of them beforehand. */
  readonly agreed: boolean
  /** All labs of that CI run. */
  readonly runId?: string
  /** Where AWS is searched; none = every region of the account, where it has to be searched. */
  readonly regions: readonly string[]
  readonly allRegions: boolean
}

export interface DownOutcome {
  readonly labs: readonly DownResult[]
  readonly failures: readonly LabosError[]
}

/** What is to be ended. */
interface Targets {
  /** With a record here. */
  readonly names: readonly string[]
  /** Found by tags, without a record here. */
  readonly cloud: readonly CloudLab[]
  readonly search?: Search
  /** Why AWS could not be searched. */
  readonly notSearched?: LabosError
}

/** Throws what choosing and searching throw; what goes wrong with one lab is among the failures. */
export async function downLabs(wish: DownWish, context: Context, signal: AbortSignal): Promise<DownOutcome> {
  const targets = await targetsOf(wish, context, signal)
  await agree(targets, wish, context)
  const { names, cloud, search, notSearched } = targets
  const labs: DownResult[] = []
  const failures: LabosError[] = notSearched ? [notSearched] : []
  const attempt = async (work: () => Promise<DownResult>): Promise<void> => {
    try {
      labs.push(await work())
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof LabosError)) throw error
      failures.push(error)
    }
  }
  for (const name of names) await attempt(() => down({ ...wish, name }, context, signal))
  if (search) {
    for (const lab of cloud) await attempt(() => downCloudLab(lab, wish, search, context, signal))
    failures.push(...search.unknown.map(({ region, error }) => notAsked(region, error)))
  }
  if (labs.length > 0 || failures.length > 0) return { labs, failures }
  if (wish.ignoreNotFound) return { labs: nothingThere(wish), failures }
  if (wish.named !== undefined) throw notFound(wish.named, search, context)
  if (wish.runId !== undefined) throw noRun(wish.runId, search)
  return { labs, failures }
}

/** Several at once are asked for where somebody can be asked; who takes down in a script means it. */
async function agree({ names, cloud }: Targets, { all, agreed }: DownWish, { prompt }: Context): Promise<void> {
  const meant = [...names, ...cloud.map(({ id, name }) => name ?? id)]
  if (!all || agreed || !prompt || meant.length < 2) return
  if (await prompt.confirm(`End ${String(meant.length)} labs: ${meant.join(', ')}?`, false)) return
  throw new LabosError('interrupted', 'Nothing was ended: you said no.', {
    suggestions: ['End one of them: `labos down NAME`.'],
  })
}

const nothingThere = ({ named: name }: DownWish): DownResult[] =>
  name === undefined ? [] : [{ name, outcome: 'not-found', usd: 0, purged: [] }]

async function targetsOf(wish: DownWish, context: Context, signal: AbortSignal): Promise<Targets> {
  const names = labNames(context.paths)
  const isSearchWished = wish.allRegions || wish.regions.length > 0
  if (wish.runId !== undefined) return targetsOfRun(wish.runId, names, wish, context, signal)
  if (wish.all) {
    if (!isSearchWished) return { names, cloud: [] }
    const { owner } = context
    const search = await searchAll(wish, context, signal)
    return { names, ...without(names, search, context, (lab) => lab.owner === owner) }
  }
  if (wish.named !== undefined) return namedTargets(wish.named, names, wish, context, signal)
  if (names.length === 0 && wish.ignoreNotFound) return { names: [], cloud: [] }
  return { names: [await chooseLab(undefined, context)], cloud: [] }
}

/**
 * Those of a CI run. Without a sign of AWS only those with a record here: a search would wait for credentials that there are
 * not. Where the search fails what is known is ended all the same.
 */
async function targetsOfRun(
  runId: string,
  names: readonly string[],
  wish: DownWish,
  context: Context,
  signal: AbortSignal,
): Promise<Targets> {
  const isOfRun = (lab: { readonly runId?: string } | undefined): boolean => lab?.runId === runId
  const here = names.filter((name) => isOfRun(recordOf(name, context)))
  if (!wish.allRegions && wish.regions.length === 0 && !isCloudLikely(context.env)) return { names: here, cloud: [] }
  try {
    const search = await searchAll(wish, context, signal)
    return { names: here, ...without(names, search, context, isOfRun) }
  } catch (error) {
    if (here.length === 0 || !(error instanceof LabosError)) throw error
    return { names: here, cloud: [], notSearched: notSearched(error) }
  }
}

async function namedTargets(
  named: string,
  names: readonly string[],
  wish: DownWish,
  context: Context,
  signal: AbortSignal,
): Promise<Targets> {
  if (names.includes(checkLabName(named))) return { names: [named], cloud: [] }
  const byId = names.find((name) => recordOf(name, context)?.id === named)
  if (byId !== undefined) return { names: [byId], cloud: [] }
  if (!wish.allRegions && wish.regions.length === 0 && !isCloudLikely(context.env)) return { names: [], cloud: [] }
  const search = await searchAll(wish, context, signal)
  const lab = await cloudLabNamed(named, search, context)
  return { names: [], cloud: lab ? [lab] : [], search }
}

const searchAll = ({ regions }: DownWish, context: Context, signal: AbortSignal): Promise<Search> =>
  searchCloud({ regions, all: regions.length === 0 }, context, signal)

/** Those of a search that have no record here. */
function without(
  names: readonly string[],
  search: Search,
  context: Context,
  isMeant: (lab: CloudLab) => boolean,
): Pick<Targets, 'cloud' | 'search'> {
  const known = new Set(names.flatMap((name) => recordOf(name, context)?.id ?? []))
  return { cloud: search.labs.filter((lab) => isMeant(lab) && !known.has(lab.id)), search }
}

/** Undefined for records that cannot be read: `down` itself says what is wrong with those. */
function recordOf(name: string, { paths }: Context): { readonly id: string; readonly runId?: string } | undefined {
  try {
    return readLab(paths, name)
  } catch {
    return undefined
  }
}

function notFound(named: string, search: Search | undefined, context: Context): LabosError {
  const unknown = unknownLab(named, labNames(context.paths))
  const where = search
    ? ` AWS was searched by tags: ${placesText(search.regions)}.`
    : ' AWS was not asked: nothing here says that you use it.'
  const hints = search ? ofOthers(named, search) : [`If it is a rented one: \`labos down ${named} --all-regions\`.`]
  return new LabosError('lab.unknown', `${unknown.message}${where}`, {
    suggestions: [...unknown.suggestions, ...hints],
  })
}

function noRun(runId: string, search: Search | undefined): LabosError {
  const where = search ? '. AWS was searched by tags' : ' here; AWS was not asked: nothing here says that you use it'
  return new LabosError('lab.unknown', `There is no lab of the run "${runId}"${where}.`, {
    suggestions: ['See what there is: `labos ps --all-regions`.', 'Make it a success: `--ignore-not-found`.'],
  })
}

const notSearched = (error: LabosError): LabosError =>
  new LabosError('teardown.incomplete', `Whether there is more of that run in AWS is not known: ${error.message}`, {
    suggestions: [error.suggestions[0], 'Then run the same command again.'],
    cause: error,
  })

const notAsked = (region: string, error: LabosError): LabosError =>
  new LabosError('teardown.incomplete', `What is left in ${region} is not known: ${error.message}`, {
    suggestions: [error.suggestions[0], 'Then run the same command again, or name with `--region` where to look.'],
    cause: error,
  })

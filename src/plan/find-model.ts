import { distance } from 'fastest-levenshtein'
import { catalog, type CatalogModel } from './catalog.js'
import { precisions, type Precision } from './precision.js'

export type ModelLookup =
  | {
      readonly found: true
      readonly model: CatalogModel
      /** Set when the name says which: `@fp8`, or the repository of one checkpoint. */
      readonly precision?: Precision
    }
  | { readonly found: false; readonly nearest: readonly string[]; readonly badPrecision?: string }

/**
 * Finds a model by any of its names, whatever the case, with `@precision` behind it or not. When there is none, up to three
 * names that look alike.
 */
export function findModel(name: string, models: readonly CatalogModel[] = catalog): ModelLookup {
  const [wanted = '', suffix] = name.trim().toLowerCase().split('@', 2)
  const known = models.find(({ id, aliases }) => id === wanted || aliases.includes(wanted))
  const byRepo = models.flatMap((model) =>
    model.checkpoints
      .filter(({ repo, formerRepo }) => repo.toLowerCase() === wanted || formerRepo?.toLowerCase() === wanted)
      .map(({ precision }) => ({ model, precision })),
  )[0]
  const model = known ?? byRepo?.model
  if (!model) {
    const names = models.flatMap(({ id, aliases }) => [id, ...aliases])
    return { found: false, nearest: nearest(wanted, names) }
  }
  if (suffix === undefined) return { found: true, model, ...(known || !byRepo ? {} : { precision: byRepo.precision }) }
  const precision = precisions.find((entry) => entry === suffix)
  return precision ? { found: true, model, precision } : { found: false, nearest: [], badPrecision: suffix }
}

/** Up to three of `names` that are a few typing errors away from `wanted`, nearest first. */
export function nearest(wanted: string, names: readonly string[]): string[] {
  const limit = Math.max(2, Math.floor(wanted.length / 3))
  return names
    .map((name) => ({ name, apart: name.startsWith(wanted) && wanted.length > 2 ? 0 : distance(wanted, name) }))
    .filter(({ apart }) => apart <= limit)
    .sort((a, b) => a.apart - b.apart)
    .slice(0, 3)
    .map(({ name }) => name)
}

/** What a plan calls the model of that name: the catalogue's id, else the name as it is. */
export function planModelId(name: string): string {
  const lookup = findModel(name)
  return lookup.found ? lookup.model.id : name.replace(/[/\\]+$/, '')
}

import { distance } from 'fastest-levenshtein'
import { catalog, type CatalogModel } from './catalog.js'

export type ModelLookup =
  | { readonly found: true; readonly model: CatalogModel }
  | { readonly found: false; readonly nearest: readonly string[] }

/** Finds a model by any of its names, whatever the case. When there is none, up to three names that look alike. */
export function findModel(name: string, models: readonly CatalogModel[] = catalog): ModelLookup {
  const wanted = name.trim().toLowerCase()
  const model = models.find(({ id, aliases }) => id === wanted || aliases.includes(wanted))
  return model
    ? { found: true, model }
    : {
        found: false,
        nearest: nearest(
          wanted,
          models.flatMap(({ id, aliases }) => [id, ...aliases]),
        ),
      }
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

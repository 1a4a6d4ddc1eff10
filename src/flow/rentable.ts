/** The model of a request for a rented machine: of the catalogue, or any other by its own files. */
import { LabosError } from '../errors/labos-error.js'
import { findModel } from '../plan/find-model.js'
import type { Precision } from '../plan/precision.js'
import { type Rentable, rentableOf, rentableStated } from '../plan/rent/candidate.js'
import type { Context } from './context.js'
import { unknownModel } from './request.js'

interface ModelWish {
  readonly model: string
  readonly contextTokens?: number
  readonly vramGiB?: number
}

/** Throws `model.unknown`, `usage.value`, and for other models what reading their files throws. */
export async function rentableFor(
  wish: ModelWish,
  _context: Context,
): Promise<{ readonly rentable: Rentable; readonly precision: Precision | undefined }> {
  const lookup = findModel(wish.model)
  if (lookup.found) {
    if (wish.vramGiB !== undefined) throw vramOfKnown(lookup.model.id)
    if (lookup.model.checkpoints.length === 0) throw nothingToRent(lookup.model.id)
    return { rentable: rentableOf(lookup.model), precision: lookup.precision }
  }
  if (lookup.badPrecision !== undefined || !isForeignName(wish.model)) throw unknownModel(wish.model, lookup)
  if (wish.vramGiB !== undefined)
    return { rentable: rentableStated(wish.model, wish.vramGiB, wish.contextTokens), precision: undefined }
  return Promise.reject(unknownModel(wish.model, lookup))
}

/** `owner/name` on the hub, or a folder. */
export const isForeignName = (name: string): boolean => /[/\\]/.test(name) || name.startsWith('.')

const vramOfKnown = (id: string): LabosError =>
  new LabosError('usage.value', `--vram is for models that labos cannot size; it computes the memory of ${id}.`, {
    suggestions: [`See the sum: \`labos plan ${id} --explain\`.`],
  })

const nothingToRent = (id: string): LabosError =>
  new LabosError('model.engine', `${id} is not for rented machines: it runs on this computer.`, {
    suggestions: [`See that plan: \`labos plan ${id} --provider local\`.`],
  })

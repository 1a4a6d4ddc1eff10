/** The model of a request for a rented machine: of the catalogue, or any other by its own files. */
import { isFolder, isRepoName } from '../hub/model-name.js'
import { LabosError } from '../errors/labos-error.js'
import { findModel } from '../plan/find-model.js'
import type { Precision } from '../plan/precision.js'
import { type Rentable, rentableForeign, rentableOf, rentableStated } from '../plan/rent/candidate.js'
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
  context: Context,
  signal: AbortSignal,
): Promise<{ readonly rentable: Rentable; readonly precision: Precision | undefined }> {
  const lookup = findModel(wish.model)
  if (lookup.found) {
    if (wish.vramGiB !== undefined) throw vramOfKnown(lookup.model.id)
    if (lookup.model.checkpoints.length === 0) throw nothingToRent(lookup.model.id)
    return { rentable: rentableOf(lookup.model), precision: lookup.precision }
  }
  if (lookup.badPrecision !== undefined || !(await isForeignName(wish.model))) throw unknownModel(wish.model, lookup)
  if (wish.vramGiB !== undefined)
    return { rentable: rentableStated(wish.model, wish.vramGiB, wish.contextTokens), precision: undefined }
  return { rentable: await readForeign(wish.model, context, signal), precision: undefined }
}

async function readForeign(name: string, context: Context, signal: AbortSignal): Promise<Rentable> {
  const { readModelSource } = await import('../hub/model-source.js') // most plans need no network
  const { movedFrom, ...source } = await readModelSource(name, 'main', context, signal)
  if (movedFrom !== undefined) context.emit({ type: 'note', text: `${movedFrom} has moved: it is ${source.name} now` })
  const reading = rentableForeign(source)
  if (reading.ok) return reading.rentable
  throw new LabosError('model.config', `labos cannot size ${name}; missing: ${reading.missing.join('; ')}.`, {
    suggestions: ['Say what it takes on the GPUs in all, in GiB: `--vram 40`.'],
  })
}

/** `owner/name` on the hub, or a folder. */
const isForeignName = async (name: string): Promise<boolean> => isRepoName(name) || isFolder(name)

const vramOfKnown = (id: string): LabosError =>
  new LabosError('usage.value', `--vram is for models that labos cannot size; it computes the memory of ${id}.`, {
    suggestions: [`See the sum: \`labos plan ${id} --explain\`.`],
  })

const nothingToRent = (id: string): LabosError =>
  new LabosError('model.engine', `${id} is not for machines with a GPU: it runs on this computer.`, {
    suggestions: [`See that plan: \`labos plan ${id} --provider local\`.`],
  })

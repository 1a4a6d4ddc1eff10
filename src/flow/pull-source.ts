/** Which repository `labos pull` is about. */
import { LabosError } from '../errors/labos-error.js'
import { isRepoName } from '../hub/model-name.js'
import { findModel } from '../plan/find-model.js'
import type { CatalogModel } from '../plan/catalog.js'
import type { Precision } from '../plan/precision.js'
import { unknownModel } from './request.js'

export interface PullSource {
  readonly repo: string
  /** The same model in other precisions: names for `pull`. */
  readonly others: readonly string[]
}

/** A catalogue name, with a precision or not, else `owner/name` on the hub. Throws `model.unknown`, `usage.value`. */
export function pullSource({
  model,
  precision,
}: {
  readonly model: string
  readonly precision?: Precision
}): PullSource {
  const lookup = findModel(model)
  if (lookup.found) return sourceOf(lookup.model, onePrecision(model, lookup.precision, precision))
  if (lookup.badPrecision !== undefined || !isRepoName(model)) throw unknownModel(model, lookup)
  if (precision !== undefined)
    throw new LabosError('usage.value', `--precision is for models of the catalogue; ${model} is one repository.`, {
      suggestions: ['Leave --precision out, or name the repository that has it.'],
    })
  return { repo: model, others: [] }
}

function onePrecision(
  model: string,
  named: Precision | undefined,
  asked: Precision | undefined,
): Precision | undefined {
  if (named === undefined || asked === undefined || named === asked) return named ?? asked
  throw new LabosError('usage.value', `${model} is ${named}, and --precision ${asked} is another.`, {
    suggestions: ['Leave one of the two out.'],
  })
}

function sourceOf({ id, checkpoints }: CatalogModel, precision: Precision | undefined): PullSource {
  const chosen = precision === undefined ? checkpoints[0] : checkpoints.find((entry) => entry.precision === precision)
  if (chosen) {
    const others = checkpoints.filter((entry) => entry !== chosen).map((entry) => `${id}@${entry.precision}`)
    return { repo: chosen.repo, others }
  }
  const has = checkpoints.map((entry) => entry.precision).join(', ')
  throw new LabosError('usage.value', `There is no ${precision ?? 'repository of weights'} of ${id} to pull.`, {
    suggestions: [has === '' ? `It comes with \`labos up ${id}\`.` : `There are: ${has}.`],
  })
}

/** The catalogue as a table. */
import type { ModelOverview } from '../../plan/report/model-report.js'
import { formatContext, formatCount } from '../../ui/counts.js'
import { formatBytes } from '../../ui/format.js'
import type { Paint } from '../../ui/paint.js'
import { columns, wrap } from '../../ui/text.js'

/** What to do with a name of the table. */
const hints: readonly (readonly [string, string])[] = [
  ['labos show NAME', 'what it is, results, sizes, licence'],
  ['labos plan NAME', 'what to rent for it, why, and what it would cost'],
  ['labos up NAME', 'bring it up: on a machine rented for it, or here'],
]

export function modelsScreen({ models }: { readonly models: readonly ModelOverview[] }, paint: Paint): string {
  const precisions = [...new Set(models.flatMap(({ checkpoints }) => checkpoints.map(({ precision }) => precision)))]
  const size = (model: ModelOverview, wanted: string): string => {
    const found = model.checkpoints.find(({ precision }) => precision === wanted)
    return found ? formatBytes(found.bytes) : '-'
  }
  const [head = '', ...rows] = columns(
    [
      ['NAME', 'PARAMETERS', 'CONTEXT', ...precisions.map((precision) => precision.toUpperCase())],
      ...models.map((model) => [
        model.id,
        parametersText(model),
        formatContext(model.contextTokens),
        ...precisions.map((precision) => size(model, precision)),
      ]),
    ],
    [2, ...precisions.map((_, index) => index + 3)],
  )
  return [
    paint.bold(head),
    ...models.flatMap((model, index) => [
      (rows[index] ?? '').replace(model.id, paint.cyan(model.id)),
      ...wrap(model.purpose, '  '),
      ...wrap(placesText(model), '  ').map((line) => paint.dim(line)),
    ]),
    '',
    ...wrap(
      'Parameters: in all (of which a token uses). Sizes: weights on disk as vLLM serves them, on rented machines.',
    ).map((line) => paint.dim(line)),
    '',
    ...columns(hints.map(([command, what]) => [`  ${command}`, what])),
  ].join('\n')
}

const parametersText = ({ parameters: { total, active } }: ModelOverview): string =>
  total === active ? formatCount(total) : `${formatCount(total)} (${formatCount(active)})`

function placesText({ local, rented }: ModelOverview): string {
  const here = local.map(({ engine, bytes }) => `${engine} ${formatBytes(bytes)}`).join(', ')
  return [
    here === '' ? 'not on this computer' : `this computer: ${here}`,
    ...(rented === 'vllm' ? ['rented machines: vLLM'] : []),
  ].join('; ')
}

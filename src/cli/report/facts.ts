/** Facts of a report as rows of label and text: the same ones at a terminal and in Markdown. */
import type { ModelReport } from '../../plan/report/model-report.js'
import { formatContext, formatCount, formatExact } from '../../ui/counts.js'
import { formatBytes } from '../../ui/format.js'

type Rows = readonly (readonly [string, string])[]

const fimTexts: Readonly<Record<ModelReport['fillInTheMiddle'], string>> = {
  tested: 'yes, trained and tested',
  untested: 'trained before tuning; not tested for this variant',
  no: 'no',
}

/** What decides whether a model is of use to somebody. */
export function sizeRows(report: ModelReport): Rows {
  const { parameters, contextTokens, checkpoints, local, licences } = report
  const { total, active } = parameters
  const vllm = checkpoints.map(({ precision, bytes }) => `${precision} ${formatBytes(bytes)}`)
  const here = local.map(({ engine, bytes }) => `${engine} ${formatBytes(bytes)}`)
  return [
    [
      'parameters',
      total === active ? formatCount(total) : `${formatCount(total)}, of which a token uses ${formatCount(active)}`,
    ],
    ['context', `${formatContext(contextTokens)} tokens`],
    ['fill-in-the-middle', fimTexts[report.fillInTheMiddle]],
    ...(here.length > 0 ? [['weights here', here.join(', ')] as const] : []),
    ...(vllm.length > 0 ? [['weights for vLLM', vllm.join(', ')] as const] : []),
    ...licences.map(({ of, name }) => [`licence, ${of}`, name] as const),
  ]
}

/** How the model is built, from its `config.json`. */
export function architectureRows({ architecture, parameters }: ModelReport): Rows {
  const { attention, experts, layers, denseLayers, denseIntermediate } = architecture
  const width = formatExact(denseIntermediate)
  return [
    ['class', architecture.name],
    ['parameters', `${formatExact(parameters.total)} in all`],
    ...(experts
      ? [
          ['for a token', `${formatExact(parameters.active)}, without the input embedding`] as const,
          ['layers', `${String(layers)}: ${String(denseLayers)} dense (${width} wide), the others of experts`] as const,
          [
            'experts',
            `${String(experts.routed)} routed (${String(experts.perToken)} for a token) and ${String(experts.shared)} shared, ${formatExact(experts.intermediate)} wide`,
          ] as const,
        ]
      : [['layers', `${String(layers)}, MLP ${width} wide`] as const]),
    ['hidden size', formatExact(architecture.hiddenSize)],
    ['attention', attentionText(attention)],
    [
      'KV cache',
      `${formatExact(architecture.kvBytesPerToken)} bytes a token at 16 bit, where an engine keeps it as designed`,
    ],
    ['vocabulary', `${formatExact(architecture.vocabSize)} tokens`],
  ]
}

function attentionText(attention: ModelReport['architecture']['attention']): string {
  const heads = `${String(attention.heads)} heads`
  if (attention.kind === 'grouped')
    return `${heads}, ${String(attention.keyValueHeads)} for keys and values, ${String(attention.headDim)} wide`
  const { queryRank, keyValueRank, ropeHeadDim, nopeHeadDim, valueHeadDim } = attention
  const query = queryRank === null ? 'none' : formatExact(queryRank)
  return `latent (MLA): ${heads}; rank ${String(keyValueRank)} for keys and values, ${query} for queries; ${String(nopeHeadDim)} + ${String(ropeHeadDim)} (rope) wide keys, ${String(valueHeadDim)} wide values`
}

/** The mixture, then the sentences on it. */
export function trainingFacts({ training }: ModelReport): string[] {
  const mix = training.mix.map(({ what, percent }) => `${String(percent)}% ${what}`)
  return [...(mix.length > 0 ? [`${mix.join(', ')} (paper, section 2).`] : []), ...training.facts]
}

/** What to know before starting it, and what labos cannot do. */
export function whereText({ local, rented }: Pick<ModelReport, 'local' | 'rented'>): string {
  const here =
    local.length > 0
      ? 'With --dry-run it shows memory and download, and starts nothing. '
      : 'labos cannot run it on this computer. '
  const machines =
    rented === 'vllm' ? 'Rented machines serve it with vLLM: labos plan shows which, and what they cost.' : ''
  return `${here}${machines}`.trim()
}

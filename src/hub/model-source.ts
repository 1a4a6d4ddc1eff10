/** What a model's own files say of its size: `config.json` and the index of its weights, from the hub or from a folder. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod/mini'
import type { DownloadDeps } from '../download/deps.js'
import { LabosError } from '../errors/labos-error.js'
import { askHub, hubOf } from './ask-hub.js'
import { folderOf, isFolder } from './model-name.js'
import { describeRepo, fileUrl, refuseAnswer } from './repo.js'

export interface ModelSource {
  /** Hub id as it is now, or the folder. */
  readonly name: string
  readonly movedFrom?: string
  /** Commit; null for a folder. */
  readonly revision: string | null
  /** `config.json`, parsed. */
  readonly config: unknown
  readonly weightsBytes?: number
  readonly weightFiles?: number
}

const CONFIG = 'config.json'
const INDEX = 'model.safetensors.index.json'
const WEIGHTS = /\.safetensors$/
const CONFIG_MOST_BYTES = 10_000_000

/**
 * `revision`: branch, tag or commit; a folder has none. Throws `model.config` (missing or malformed), `hub.unknown`,
 * `hub.gated`, `network.download`.
 */
export async function readModelSource(
  name: string,
  revision: string,
  deps: DownloadDeps,
  signal: AbortSignal,
): Promise<ModelSource> {
  return (await isFolder(name)) ? fromFolder(name) : fromHub(name, revision, deps, signal)
}

async function fromFolder(name: string): Promise<ModelSource> {
  const folder = folderOf(name)
  const text = await readFile(join(folder, CONFIG), 'utf8').catch(() => undefined)
  if (text === undefined) throw noConfig(folder)
  const config = parse(text, `${folder}/${CONFIG}`)
  const files = (await readdir(folder)).filter((file) => WEIGHTS.test(file))
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size))
  const index = await readFile(join(folder, INDEX), 'utf8').catch(() => undefined)
  const total = index === undefined ? undefined : totalOf(parse(index, `${folder}/${INDEX}`))
  return { name, revision: null, config, ...sizeOf(total, sizes) }
}

async function fromHub(name: string, revision: string, deps: DownloadDeps, signal: AbortSignal): Promise<ModelSource> {
  const { repo, movedFrom, commit, files } = await describeRepo(name, revision, deps, signal)
  const read = async (path: string): Promise<unknown> => {
    const { endpoint, hasToken } = hubOf(deps.env)
    const response = await askHub(fileUrl(endpoint, repo, commit, path), 'GET', deps, signal)
    refuseAnswer(response, `${path} in ${repo}`, { repo, endpoint, hasToken })
    return parse(await response.text(), `${path} of ${repo}`)
  }
  const has = (path: string): boolean => files.some((file) => file.path === path && file.bytes <= CONFIG_MOST_BYTES)
  if (!has(CONFIG)) throw noConfig(repo)
  const [config, total] = await Promise.all([read(CONFIG), has(INDEX) ? read(INDEX).then(totalOf) : undefined])
  const sizes = files.filter(({ path }) => WEIGHTS.test(path)).map(({ bytes }) => bytes)
  return {
    name: repo,
    revision: commit,
    config,
    ...(movedFrom === undefined ? {} : { movedFrom }),
    ...sizeOf(total, sizes),
  }
}

const indexShape = z.object({ metadata: z.object({ total_size: z.number() }) })

const totalOf = (index: unknown): number | undefined => indexShape.safeParse(index).data?.metadata.total_size

/** The index counts tensors alone, files have headers too: the index is preferred. */
function sizeOf(
  total: number | undefined,
  sizes: readonly number[],
): Pick<ModelSource, 'weightsBytes' | 'weightFiles'> {
  const sum = total ?? sizes.reduce((all, bytes) => all + bytes, 0)
  return {
    ...(sum > 0 ? { weightsBytes: sum } : {}),
    ...(sizes.length > 0 ? { weightFiles: sizes.length } : {}),
  }
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new LabosError('model.config', `${what} is not JSON: ${error instanceof Error ? error.message : ''}.`, {
      suggestions: ['Its download may be incomplete: fetch it again.', 'Or say what the model takes: `--vram GIB`.'],
    })
  }
}

const noConfig = (where: string): LabosError =>
  new LabosError('model.config', `There is no ${CONFIG} in ${where}.`, {
    suggestions: [
      'labos sizes models in the layout of Hugging Face transformers; a repository of GGUF files has none.',
      'Or say what the model takes: `--vram GIB`.',
    ],
  })

/**
 * A model hub's files as a folder: `REPO/COMMIT/FILE`, and `hub.json` with what each is. Repositories of the catalogue,
 * with a model of DeepSeek-Coder-V2's architecture that is small enough for any computer and answers the catalogue's canaries.
 */
import { link, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { addRepo, type HubRepo } from '../hosts/hub-tree.js'
import { cachedFolder } from './cached-folder.js'
import { config, generationConfig, tokenizerConfig } from './checkpoint/config.js'
import { repos } from './checkpoint/repos.js'
import { weightFiles } from './checkpoint/safetensors.js'
import { tensors } from './checkpoint/tensors.js'
import { tokenizerJson } from './checkpoint/tokenizer.js'

const SHARDS = 2
const WEIGHTS = 'weights'
const CARD = '---\nlicense: other\nlicense_name: deepseek-license\n---\nA small model for tests.\n'
const ROOT = join(import.meta.dirname, '../..')
const recipe = ['test/engine/checkpoint', 'test/engine/hub-tree.ts', 'src/plan/models/deepseek-coder-v2.ts']

/** Resolves to the folder; instant when it is there. */
export function hubTree(): Promise<string> {
  return cachedFolder(
    'hub-tree',
    recipe.map((path) => join(ROOT, path)),
    make,
  )
}

async function make(folder: string): Promise<void> {
  const { shards, index } = weightFiles(tensors(), SHARDS)
  // Written once: all repositories have the same.
  const weights = await addRepo(folder, WEIGHTS, 'all', shards)
  const hub: HubRepo[] = []
  for (const { repo, commit, isChat } of repos) {
    const documents = {
      'config.json': config(),
      'generation_config.json': generationConfig(),
      'model.safetensors.index.json': index,
      'tokenizer.json': tokenizerJson(),
      'tokenizer_config.json': tokenizerConfig(isChat),
    }
    const texts = Object.entries(documents).map(
      ([name, value]) => [name, Buffer.from(`${JSON.stringify(value, null, 2)}\n`)] as const,
    )
    const own = await addRepo(folder, repo, commit, { 'README.md': Buffer.from(CARD), ...Object.fromEntries(texts) })
    const files = [...own.files, ...weights.files].sort((one, other) => (one.path < other.path ? -1 : 1))
    for (const { path } of weights.files)
      await link(join(folder, WEIGHTS, 'all', path), join(folder, repo, commit, path))
    hub.push({ repo, commit, files })
  }
  await rm(join(folder, WEIGHTS), { recursive: true })
  await writeFile(join(folder, 'hub.json'), `${JSON.stringify(hub, null, 2)}\n`)
}

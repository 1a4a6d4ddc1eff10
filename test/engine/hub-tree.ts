/**
 * A model hub's files as a folder: `REPO/COMMIT/FILE`, and `hub.json` with what each is. Repositories of the catalogue,
 * with a model of DeepSeek-Coder-V2's architecture that is small enough for any computer and answers the catalogue's canaries.
 */
import { createHash } from 'node:crypto'
import { link, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cachedFolder } from './cached-folder.js'
import { config, generationConfig, tokenizerConfig } from './checkpoint/config.js'
import { repos } from './checkpoint/repos.js'
import { weightFiles } from './checkpoint/safetensors.js'
import { tensors } from './checkpoint/tensors.js'
import { tokenizerJson } from './checkpoint/tokenizer.js'

export interface HubFile {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  /** What git names it by. */
  readonly oid: string
}

export interface HubRepo {
  readonly repo: string
  /** 40 hexadecimal digits, one of those that the catalogue knows. */
  readonly commit: string
  readonly files: readonly HubFile[]
}

const SHARDS = 2

/** Resolves to the folder; instant when it is there. */
export function hubTree(): Promise<string> {
  return cachedFolder('hub-tree', join(import.meta.dirname, '../../test/engine/checkpoint'), make)
}

export async function readHub(tree: string): Promise<readonly HubRepo[]> {
  return JSON.parse(await readFile(join(tree, 'hub.json'), 'utf8')) as readonly HubRepo[]
}

async function make(folder: string): Promise<void> {
  const { shards, index } = weightFiles(tensors(), SHARDS)
  for (const [name, parts] of shards) await writeFile(join(folder, name), Buffer.concat(parts))
  const hub: HubRepo[] = []
  for (const { repo, commit, isChat } of repos) {
    const home = join(folder, repo, commit)
    await mkdir(home, { recursive: true })
    const documents = {
      'config.json': config(),
      'generation_config.json': generationConfig(),
      'model.safetensors.index.json': index,
      'tokenizer.json': tokenizerJson(),
      'tokenizer_config.json': tokenizerConfig(isChat),
    }
    for (const [name, content] of Object.entries(documents)) {
      await writeFile(join(home, name), `${JSON.stringify(content, null, 2)}\n`)
    }
    await writeFile(
      join(home, 'README.md'),
      '---\nlicense: other\nlicense_name: deepseek-license\n---\nA small model for tests.\n',
    )
    for (const name of shards.keys()) await link(join(folder, name), join(home, name))
    const names = [...Object.keys(documents), 'README.md', ...shards.keys()].sort()
    hub.push({ repo, commit, files: await Promise.all(names.map((path) => describe(home, path))) })
  }
  await writeFile(join(folder, 'hub.json'), `${JSON.stringify(hub, null, 2)}\n`)
}

async function describe(home: string, path: string): Promise<HubFile> {
  const content = await readFile(join(home, path))
  const sha256 = createHash('sha256').update(content).digest('hex')
  const oid = createHash('sha1')
    .update(`blob ${String(content.length)}\0`)
    .update(content)
    .digest('hex')
  return { path, bytes: content.length, sha256, oid }
}

/** A model hub's files as a folder: `REPO/COMMIT/FILE`, and `hub.json` with what each is. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface HubFile {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  /** What git names it by. */
  readonly oid: string
}

export interface HubRepo {
  readonly repo: string
  /** 40 hexadecimal digits. */
  readonly commit: string
  readonly files: readonly HubFile[]
}

export async function readHub(tree: string): Promise<readonly HubRepo[]> {
  return JSON.parse(await readFile(join(tree, 'hub.json'), 'utf8')) as readonly HubRepo[]
}

/** Writes one repository's files into a tree, and resolves to what they are. */
export async function addRepo(
  tree: string,
  repo: string,
  commit: string,
  contents: Readonly<Record<string, Buffer>>,
): Promise<HubRepo> {
  const files = await Promise.all(
    Object.entries(contents).map(async ([path, content]) => {
      const place = join(tree, repo, commit, path)
      await mkdir(dirname(place), { recursive: true })
      await writeFile(place, content)
      return fileOf(path, content)
    }),
  )
  return { repo, commit, files }
}

function fileOf(path: string, content: Buffer): HubFile {
  const blob = Buffer.concat([Buffer.from(`blob ${String(content.length)}\0`), content])
  const sha256 = createHash('sha256').update(content).digest('hex')
  return { path, bytes: content.length, sha256, oid: createHash('sha1').update(blob).digest('hex') }
}

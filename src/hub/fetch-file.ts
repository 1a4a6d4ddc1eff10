/** One file of a repository into its folder: resumed, checked while it arrives, and under its name only when whole. */
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DownloadDeps } from '../download/deps.js'
import { resumeDownload } from '../download/resume-download.js'
import { RunningDigest } from '../download/running-digest.js'
import { LabosError } from '../errors/labos-error.js'
import { hubOf } from './ask-hub.js'
import { markChecked, partOf, placeOf, type PullFolder } from './pull-folder.js'
import { fileUrl, type HubRepo, type RepoFile } from './repo.js'

/** Bytes of it that are in the folder already, unchecked. */
export async function partBytes(folder: PullFolder, file: RepoFile): Promise<number> {
  const { size } = await stat(partOf(folder, file)).catch(() => ({ size: 0 }))
  return size <= file.bytes ? size : 0
}

/** Throws `network.download`, `weights.damaged`, `disk.short`; what came so far is kept. */
export async function fetchFile(
  folder: PullFolder,
  { repo, commit }: HubRepo,
  file: RepoFile,
  onBytes: (doneBytes: number) => void,
  deps: DownloadDeps,
  signal: AbortSignal,
): Promise<void> {
  const part = partOf(folder, file)
  if ((await partBytes(folder, file)) === 0) await rm(part, { force: true })
  const { endpoint, headers } = hubOf(deps.env)
  const digest = new RunningDigest(file.digest.kind, file.bytes)
  const url = fileUrl(endpoint, repo, commit, file.path)
  const wish = { url, headers, part, totalBytes: file.bytes, what: file.path, digest, onBytes }
  await resumeDownload(wish, deps, signal)
  await digest.catchUp(part, file.bytes, signal)
  if (digest.hex() !== file.digest.hex) {
    await rm(part, { force: true })
    throw damaged(file.path)
  }
  const place = placeOf(folder, file)
  await mkdir(dirname(place), { recursive: true })
  await rename(part, place)
  await markChecked(folder, file)
}

const damaged = (path: string): LabosError =>
  new LabosError('weights.damaged', `${path} came with another checksum than the hub declares; it was removed.`, {
    suggestions: [
      'Run the same command again: it is fetched anew.',
      'If it stays so, check HF_ENDPOINT: the mirror serves another file.',
    ],
  })

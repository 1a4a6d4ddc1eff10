/** One file of a repository into its folder: resumed, checked while it arrives, and under its name only when whole. */
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DownloadDeps } from '../download/deps.js'
import { resumeDownload } from '../download/resume-download.js'
import { RunningDigest } from '../download/running-digest.js'
import { LabosError } from '../errors/labos-error.js'
import { hubOf } from './ask-hub.js'
import { markChecked, partOf, placeOf, type PullFolder } from './pull-folder.js'
import { fileUrl, type HubRepo, refuseAnswer, type RepoFile } from './repo.js'

const FINAL = new Set([401, 403, 404])

/** Bytes of it that are in the folder already, unchecked. */
export async function partBytes(folder: PullFolder, file: RepoFile): Promise<number> {
  const { size } = await stat(partOf(folder, file)).catch(() => ({ size: 0 }))
  return size <= file.bytes ? size : 0
}

/** Throws `network.download`, `hub.gated`, `hub.unknown`, `weights.damaged`, `disk.short`; what came so far is kept. */
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
  if (file.bytes === 0) await writeFile(part, '') // there is nothing to ask for
  const { endpoint, headers, hasToken } = hubOf(deps.env)
  const digest = new RunningDigest(file.digest.kind, file.bytes)
  const url = fileUrl(endpoint, repo, commit, file.path)
  /** What a repository holds may be open where its files are not. The storage behind the hub has reasons of its own. */
  const refuse = (response: Response): void => {
    const isHub = response.url !== '' && new URL(response.url).origin === new URL(endpoint).origin
    if (isHub && FINAL.has(response.status))
      refuseAnswer(response, `${file.path} in ${repo}`, { repo, endpoint, hasToken })
  }
  const wish = { url, headers, part, totalBytes: file.bytes, what: file.path, digest, onBytes, refuse }
  await resumeDownload(wish, deps, signal)
  await digest.catchUp(part, file.bytes, signal)
  if (digest.hex() !== file.digest.hex) {
    await rm(part, { force: true })
    throw damaged(file.path)
  }
  const place = placeOf(folder, file)
  await mkdir(dirname(place), { recursive: true })
  await putThere(folder, file, part, place)
}

/**
 * Marked before it appears, so that one killed in between is not read again. Not where it takes the place of an older file of
 * ours: that would be without its mark then, and taken for someone else's.
 */
async function putThere(folder: PullFolder, file: RepoFile, part: string, place: string): Promise<void> {
  const isNew = (await stat(place).catch(() => undefined)) === undefined
  if (isNew) await markChecked(folder, file, part)
  await rename(part, place)
  if (!isNew) await markChecked(folder, file)
}

const damaged = (path: string): LabosError =>
  new LabosError('weights.damaged', `${path} came with another checksum than the hub declares; it was removed.`, {
    suggestions: [
      'Run the same command again: it is fetched anew.',
      'If it stays so, check HF_ENDPOINT: the mirror serves another file.',
    ],
  })

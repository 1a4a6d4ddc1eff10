/** What the name of a model may be, besides one of the catalogue. */
import { stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { resolve } from 'node:path'

/** True for what names a folder: a path from here, from the root or from home. */
export const isFolderName = (name: string): boolean => /^(?:\.{1,2}(?:[/\\]|$)|[/\\~]|[A-Za-z]:[/\\])/.test(name)

/** True for `owner/name`; no part of it can lead elsewhere, in an address or on the disk. */
export const isRepoName = (name: string): boolean => /^\w[\w.-]*\/\w[\w.-]*$/.test(name)

/** True for what names a folder, and for the name of one that is here. */
export const isFolder = async (name: string): Promise<boolean> =>
  isFolderName(name) ||
  stat(name).then(
    (found) => found.isDirectory(),
    () => false,
  )

export const folderOf = (name: string): string => resolve(name.replace(/^~(?=[/\\]|$)/, homedir()))

/** Which files of a repository are wanted, and whether their names are safe to write here. Pure. */
import { LabosError } from '../errors/labos-error.js'
import type { RepoFile } from './repo.js'

/**
 * Files that match any of the patterns (`*` any characters, `?` one; folders too, as `hf download --include` has it); all of
 * them without patterns. Throws `usage.value` for a pattern that matches none.
 */
export function selectFiles(files: readonly RepoFile[], patterns: readonly string[]): readonly RepoFile[] {
  if (patterns.length === 0) return files
  const matchers = patterns.map((pattern) => ({ pattern, expression: expressionOf(pattern) }))
  const idle = matchers.find(({ expression }) => !files.some(({ path }) => expression.test(path)))
  if (idle) {
    const shown = files.slice(0, 12).map(({ path }) => path)
    throw new LabosError('usage.value', `No file matches "${idle.pattern}".`, {
      suggestions: [
        `There are: ${shown.join(', ')}${files.length > shown.length ? `, and ${String(files.length - shown.length)} more` : ''}.`,
      ],
    })
  }
  return files.filter(({ path }) => matchers.some(({ expression }) => expression.test(path)))
}

function expressionOf(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`)
}

const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/** Windows drops dots and spaces at the end: `nul ` is `nul` there, `.. ` is `..`. */
const isUnsafePart = (part: string): boolean => part === '' || /[. ]$/.test(part) || DEVICE.test(part)

/** What some file systems take for the same name. */
const folded = (path: string): string => path.normalize('NFC').toLowerCase()

/** Throws `hub.unsafe` for a name that would land outside the folder, or on another file, on some system. */
export function checkPaths(files: readonly RepoFile[]): void {
  const seen = new Map<string, string>()
  for (const { path } of files) {
    const parts = path.split('/')
    // eslint-disable-next-line no-control-regex -- they have no place in a file name
    const isBad = parts.some(isUnsafePart) || /[\\:\u0000-\u001F]/.test(path) || folded(parts[0] ?? '') === '.labos'
    if (isBad) throw unsafe(path, 'is not a safe name')
    const twin = seen.get(folded(path))
    if (twin !== undefined) throw unsafe(path, `and ${JSON.stringify(twin)} are one file on some systems`)
    seen.set(folded(path), path)
  }
  for (const { path } of files) checkFolders(path, seen)
}

/** `Data/x` cannot be where `data` is a file. */
function checkFolders(path: string, files: ReadonlyMap<string, string>): void {
  const parts = folded(path).split('/')
  for (let length = 1; length < parts.length; length += 1) {
    const twin = files.get(parts.slice(0, length).join('/'))
    if (twin !== undefined) throw unsafe(path, `needs a folder in the place of the file ${JSON.stringify(twin)}`)
  }
}

const unsafe = (path: string, why: string): LabosError =>
  new LabosError(
    'hub.unsafe',
    `The repository holds a file that labos does not write: ${JSON.stringify(path)} ${why}.`,
    {
      suggestions: ['Choose files without it: `--files "*.safetensors"`.'],
    },
  )

/** A lab whose record does not parse may have been a rented one: then its machine is found by its tags. */
import { readFile } from 'node:fs/promises'
import { LabosError } from '../errors/labos-error.js'
import { labPaths } from '../state/paths.js'
import { isCloudLikely } from './cloud-likely.js'
import type { Context } from './context.js'
import { downCloudLab } from './down-by-tags.js'
import type { DownResult } from './down-result.js'
import { searchCloud } from './search-cloud.js'

/**
 * Gives back what AWS holds of it, by the id that can still be read, else by its name. Undefined where it was no rented
 * lab, as far as can be told. Throws `teardown.incomplete` where it was one and AWS does not answer everywhere.
 */
export async function endDamagedRented(
  name: string,
  context: Context,
  signal: AbortSignal,
): Promise<DownResult['removed'] | undefined> {
  const text = await readFile(labPaths(context.paths, name).record, 'utf8').catch(() => '')
  const isRented = /"provider"\s*:\s*"aws"/.test(text)
  const id = /"id"\s*:\s*"(lab-[0-9a-f]+)"/.exec(text)?.[1]
  if (!isRented && (text.includes('"local"') || !isCloudLikely(context.env))) return undefined
  const search = await searchCloud({ regions: [], all: true }, context, signal).catch((error: unknown) => {
    if (!(error instanceof LabosError) || error.code === 'interrupted') throw error
    throw notKnown(name, error)
  })
  const [unknown] = search.unknown
  if (unknown) throw notKnown(name, unknown.error)
  const { owner } = context
  const found = search.labs.filter((lab) =>
    id === undefined ? lab.name === name && lab.owner === owner : lab.id === id,
  )
  const removed: NonNullable<DownResult['removed']>[number][] = []
  for (const lab of found) removed.push(...((await downCloudLab(lab, {}, search, context, signal)).removed ?? []))
  return isRented || removed.length > 0 ? removed : undefined
}

const notKnown = (name: string, cause: LabosError): LabosError =>
  new LabosError('teardown.incomplete', `Whether "${name}" has a machine in AWS is not known: ${cause.message}`, {
    suggestions: [cause.suggestions[0], `Then again: \`labos down ${name} --force\`.`],
    aftermath: 'The damaged record is left where it is.',
    cause,
  })

import { labNames, readLab } from '../../state/read.js'
import { isRented, type LabRecord } from '../../state/record.js'
import type { Paths } from '../../state/paths.js'
import { stillRuns } from '../still-runs.js'
import { labNameOf, type RentUpRequest } from './request.js'

/** The last words of an `up` that leaves without cleaning up: what may be left, its price, and how to remove it. */
export function leftAtOnce(request: RentUpRequest, paths: Paths): string {
  const name = labNameOf(request)
  const record = recordOf(paths, name)
  // A record is there before the first thing is asked for, until nothing is left.
  if (record === undefined) {
    const here = labNames(paths).includes(name) ? ` \`labos down ${name}\` removes its folder here.` : ''
    return `Left at once: there is nothing of "${name}" in AWS.${here}`
  }
  if (record === 'damaged' || !isRented(record))
    return `Left at once. See what runs of "${name}": labos status ${name}.`
  return `Left at once. ${stillRuns(record)}\nRemove what there is of "${name}": labos down ${name}`
}

function recordOf(paths: Paths, name: string): LabRecord | 'damaged' | undefined {
  try {
    return readLab(paths, name)
  } catch {
    return 'damaged'
  }
}

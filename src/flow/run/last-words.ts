import type { Paths } from '../../state/paths.js'
import type { LabWish } from './request.js'

/** What is said by a run that leaves without taking its lab down; found out then, without waiting. */
export async function lastWordsOf(lab: LabWish, name: string, paths: Paths): Promise<() => string> {
  if (lab.kind === 'local')
    return () => `Left at once. What runs of "${name}" on this computer ends by itself in a few seconds: labos ps.`
  if (lab.kind === 'host')
    return () => `Left at once. What serves on ${lab.request.target} ends by itself; remove it: labos down ${name}`
  const { leftAtOnce } = await import('../up-rented/left-at-once.js')
  return () => leftAtOnce({ ...lab.request, name }, paths)
}

/** Which rung comes next, from what was refused so far. Pure. */
import { refusalKind, type RefusalKind } from '../aws-refusals.js'
import type { Attempt, Rung } from '../spec.js'

/** That zone has none just now: the next rung may. */
const CAPACITY: readonly (RefusalKind | undefined)[] = ['capacity', 'not-offered', 'subnet-full', 'spot-price']
/** No zone of the region would say otherwise, for that type and market. */
const TYPE: readonly (RefusalKind | undefined)[] = ['quota-vcpu', 'quota-other', 'denied']

export type Next =
  | { readonly rung: Rung }
  /** Every rung was refused; `isCapacity`: at least one of them might do better later. */
  | { readonly isOver: true; readonly isCapacity: boolean }
  /** The last refusal is one that no rung would change. */
  | { readonly isOver: true; readonly fatal: Attempt }

export function nextRung(rungs: readonly Rung[], tried: readonly Attempt[]): Next {
  const last = tried.at(-1)
  if (last && !isCapacity(last) && !isTypeWide(last)) return { isOver: true, fatal: last }
  const rung = rungs.find((candidate) => !tried.some((attempt) => excludes(attempt, candidate)))
  return rung ? { rung } : { isOver: true, isCapacity: tried.some(isCapacity) }
}

/** What is forgotten before the next sweep: refusals that time may mend. */
export const lasting = (tried: readonly Attempt[]): Attempt[] => tried.filter((attempt) => !isCapacity(attempt))

/** The refusal to tell of when all rungs are spent: one the user can do something about, before lack of capacity. */
export const worthTelling = (tried: readonly Attempt[]): Attempt | undefined =>
  tried.find((attempt) => !isCapacity(attempt)) ?? tried.at(-1)

const isCapacity = ({ code }: Attempt): boolean => CAPACITY.includes(refusalKind(code, ''))
const isTypeWide = ({ code }: Attempt): boolean => TYPE.includes(refusalKind(code, ''))

const excludes = (attempt: Attempt, { instanceType, market, zone, subnetId }: Rung): boolean =>
  attempt.rung.instanceType === instanceType &&
  attempt.rung.market === market &&
  (isTypeWide(attempt) || (attempt.rung.zone === zone && attempt.rung.subnetId === subnetId))

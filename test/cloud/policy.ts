/** IAM policies as AWS decides by them: actions, resources and conditions. No principals, no variables. */
import { isLike } from './wildcards.js'

export interface Policy {
  readonly Version: string
  readonly Statement: Statement | readonly Statement[]
}

export interface Statement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action?: string | readonly string[]
  readonly NotAction?: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly NotResource?: string | readonly string[]
  /** Operator, key, values. */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}

/** One thing that a call wants to do to one resource. */
export interface Question {
  readonly action: string
  readonly resource: string
  /** Values by condition key. */
  readonly context: ReadonlyMap<string, readonly string[]>
}

export type Verdict = 'allowed' | 'denied' | 'silent'

export function verdict(policy: Policy, question: Question): Verdict {
  const matching = statementsOf(policy).filter((statement) => concerns(statement, question))
  if (matching.some(({ Effect }) => Effect === 'Deny')) return 'denied'
  return matching.length > 0 ? 'allowed' : 'silent'
}

export const statementsOf = ({ Statement: all }: Policy): readonly Statement[] => list(all)

const concerns = (statement: Statement, { action, resource, context }: Question): boolean =>
  isNamed(action.toLowerCase(), lower(statement.Action), lower(statement.NotAction)) &&
  isNamed(resource, statement.Resource, statement.NotResource) &&
  Object.entries(statement.Condition ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, values]) => isMet(operator, key, list(values), context)),
  )

const isNamed = (value: string, names: Names, notNames: Names): boolean =>
  names === undefined ? !isAny(value, list(notNames ?? [])) : isAny(value, list(names))

type Names = string | readonly string[] | undefined

const isAny = (value: string, patterns: readonly string[]): boolean => patterns.some((each) => isLike(value, each))
const lower = (names: Names): Names => (names === undefined ? undefined : list(names).map((name) => name.toLowerCase()))

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T]
}

type Test = (actual: string, wanted: string) => boolean
const equals: Test = (actual, wanted) => actual === wanted
const equalsLower: Test = (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase()
const number =
  (holds: (a: number, b: number) => boolean): Test =>
  (actual, wanted) =>
    holds(Number(actual), Number(wanted))

const TESTS: Readonly<Record<string, Test>> = {
  StringEquals: equals,
  StringEqualsIgnoreCase: equalsLower,
  StringLike: isLike,
  ArnEquals: isLike,
  ArnLike: isLike,
  Bool: equalsLower,
  NumericEquals: number((a, b) => a === b),
  NumericLessThan: number((a, b) => a < b),
  NumericLessThanEquals: number((a, b) => a <= b),
  NumericGreaterThan: number((a, b) => a > b),
  NumericGreaterThanEquals: number((a, b) => a >= b),
}

const OPERATOR =
  /^(?:(?<quantifier>ForAllValues|ForAnyValue):)?(?<kind>String|Numeric|Arn|Bool)(?<not>Not)?(?<rest>.*?)(?<ifExists>IfExists)?$/

/** A key that the call does not have meets only what is said of all its values, of its absence, or `IfExists`. */
function isMet(operator: string, key: string, wanted: readonly string[], context: Question['context']): boolean {
  const actual = [...context].find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1]
  if (operator === 'Null') return wanted.includes(String(actual === undefined))
  const { quantifier, kind = '', not, rest = '', ifExists } = OPERATOR.exec(operator)?.groups ?? {}
  const test = TESTS[kind + rest]
  if (!test) throw new Error(`the cloud does not know the condition operator ${operator}`)
  const isNegated = not !== undefined
  if (actual === undefined) return quantifier === 'ForAllValues' || ifExists !== undefined || isNegated
  const holds = (value: string): boolean => wanted.some((each) => test(value, each)) !== isNegated
  return quantifier === 'ForAnyValue' ? actual.some(holds) : actual.every(holds)
}

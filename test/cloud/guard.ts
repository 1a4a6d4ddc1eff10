/**
 * Policies enforced. moto looks at each request's key and signature, and at the actions that the user's policy names. Of
 * the rest of a policy it makes nothing good (moto/iam/access_control.py): every call is asked for the resource `*`, which
 * a narrower `Resource` does not match; `Condition` is read as met; and what the cloud answers by itself never gets there.
 * So moto's user has the policy without resources and conditions, and the cloud looks at the whole of it before.
 */
import type { Admin } from './admin.js'
import { ACCOUNT, deniedTo } from './denials.js'
import { verdict, type Policy, type Statement, statementsOf } from './policy.js'
import { questionsOf } from './questions.js'
import { unknownKey } from './regions.js'
import type { Answer, AwsRequest } from './request.js'
import type { AccessKey } from './signature.js'
import type { World } from './world.js'

export interface Guard {
  /** Makes a user who may do what the policy says and nothing else; from then on every key is looked at. */
  add(policy: Policy | string): Promise<AccessKey>
  /** The key to sign with for moto what came with that key; undefined while nothing is enforced. */
  keyOf(request: AwsRequest): AccessKey | undefined
  /** Undefined where the call is allowed. */
  refuse(request: AwsRequest, world: World): Promise<Answer | undefined>
  /** moto's own denial in the words of AWS. */
  translate(request: AwsRequest, answer: Answer, world: World): Answer
}

interface User {
  readonly arn: string
  readonly key: AccessKey
  readonly policy: Policy
}

/** Who signs with this name is the account's administrator. */
export const ADMIN_KEY_ID = 'test'
const EVERYTHING: Policy = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } }
/** AWS takes no longer one. */
const POLICY_CHARACTERS = 6144

export function makeGuard(admin: Admin, motoUrl: string): Guard {
  const users = new Map<string, User>()
  const close = async (): Promise<void> => {
    admin.key = await makeUser(admin, 'labos-test-admin', EVERYTHING)
    await fetch(`${motoUrl}/moto-api/reset-auth`, { method: 'POST', body: '0' })
  }
  return {
    add: async (document) => {
      const text = typeof document === 'string' ? document : JSON.stringify(document)
      const policy = JSON.parse(text) as Policy
      if (JSON.stringify(policy).length > POLICY_CHARACTERS) throw new Error('the policy is too long for AWS')
      const name = `labos-test-${String(users.size + 1)}`
      await iam(admin, { Action: 'CreatePolicy', PolicyName: name, PolicyDocument: text }) // only to have it checked
      const key = await makeUser(admin, name, withActionsOnly(policy))
      if (users.size === 0) await close()
      users.set(key.id, { arn: `arn:aws:iam::${ACCOUNT}:user/${name}`, key, policy })
      return key
    },
    keyOf: ({ keyId }) => (keyId === ADMIN_KEY_ID && users.size > 0 ? admin.key : users.get(keyId)?.key),
    refuse: async (request, world) => {
      const user = users.get(request.keyId)
      if (user) return denial(user, request, world)
      return users.size === 0 || request.keyId === ADMIN_KEY_ID ? undefined : unknownKey(request)
    },
    translate: (request, answer, { denials }) => {
      const user = users.get(request.keyId)
      if (!user || answer.status !== 403 || !answer.body.includes('<Code>AccessDenied</Code>')) return answer
      return denials.refuse(request, deniedTo(user.arn, request))
    },
  }
}

async function denial({ arn, policy }: User, request: AwsRequest, world: World): Promise<Answer | undefined> {
  if (request.action === 'GetCallerIdentity') return undefined // needs no permission
  for (const question of await questionsOf(request, world)) {
    const said = verdict(policy, question)
    const { action, resource } = question
    if (said !== 'allowed')
      return world.denials.refuse(request, { arn, action, resource, isExplicit: said === 'denied' })
  }
  return undefined
}

/** A denial of some resources only is left to the cloud: without them it would be one of all. */
function withActionsOnly(policy: Policy): Policy {
  const kept = statementsOf(policy).filter(
    ({ Effect, Condition, Resource }) => Effect === 'Allow' || (Condition === undefined && Resource === '*'),
  )
  const statements = kept.map(
    ({ Condition: _condition, Resource: _resource, NotResource: _not, ...rest }): Statement => ({
      ...rest,
      Resource: '*',
    }),
  )
  return { ...policy, Statement: statements }
}

async function makeUser(admin: Admin, UserName: string, policy: Policy): Promise<AccessKey> {
  await iam(admin, { Action: 'CreateUser', UserName })
  const PolicyDocument = JSON.stringify(policy)
  await iam(admin, { Action: 'PutUserPolicy', UserName, PolicyName: 'all', PolicyDocument })
  const body = await iam(admin, { Action: 'CreateAccessKey', UserName })
  const read = (name: string): string => new RegExp(`<${name}>([^<]+)`).exec(body)?.[1] ?? ''
  return { id: read('AccessKeyId'), secret: read('SecretAccessKey') }
}

async function iam(admin: Admin, form: Readonly<Record<string, string>>): Promise<string> {
  const { status, body } = await admin.ask('iam', 'us-east-1', form)
  if (status === 200) return body
  throw new Error(`${form['Action'] ?? ''}: ${/<Message>([^<]+)/.exec(body)?.[1] ?? body}`)
}

import type { STSClient } from '@aws-sdk/client-sts'
import type { Account, Identity } from '../../cloud-ports.js'
import { LabosError } from '../../errors/labos-error.js'
import type { ClientSettings } from './clients.js'
import { asked } from './failure.js'

export function accountPort(settings: ClientSettings): Account {
  const { region } = settings
  let made: Promise<STSClient> | undefined
  const client = (): Promise<STSClient> =>
    (made ??= import('./sdk-sts.js').then(({ STSClient }) => new STSClient(settings)))
  return {
    identity: (signal) =>
      asked({ permission: 'sts:GetCallerIdentity', region }, signal, async () => identity(await client(), signal)),
    decode: async (message, signal) => {
      try {
        return await asked({ permission: 'sts:DecodeAuthorizationMessage', region }, signal, async () =>
          decode(await client(), message, signal),
        )
      } catch (error) {
        if (error instanceof LabosError && error.code === 'aws.refused') return undefined
        throw error
      }
    },
  }
}

async function identity(client: STSClient, abortSignal: AbortSignal): Promise<Identity> {
  const { GetCallerIdentityCommand } = await import('./sdk-sts.js')
  const command = new GetCallerIdentityCommand({})
  let date: string | undefined
  command.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args)
      date = headerOf(answer.response, 'date')
      return answer
    },
    { step: 'deserialize', name: 'labosServerDate' },
  )
  const { Account: accountId, Arn: arn } = await client.send(command, { abortSignal })
  if (accountId === undefined || arn === undefined) throw new Error('AWS does not say whose credentials they are')
  const serverMs = Date.parse(date ?? '')
  return { accountId, arn, ...(Number.isNaN(serverMs) ? {} : { serverMs }) }
}

function headerOf(response: unknown, name: string): string | undefined {
  const { headers }: { headers?: Readonly<Record<string, string>> } = response ?? {}
  return headers?.[name]
}

async function decode(
  client: STSClient,
  EncodedMessage: string,
  abortSignal: AbortSignal,
): Promise<string | undefined> {
  const { DecodeAuthorizationMessageCommand } = await import('./sdk-sts.js')
  const { DecodedMessage } = await client.send(new DecodeAuthorizationMessageCommand({ EncodedMessage }), {
    abortSignal,
  })
  return DecodedMessage
}

/** What the account may run: Service Quotas, asked and asked for more. */
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import type { Launch } from '../../cloud-ports.js'
import { LabosError } from '../../errors/labos-error.js'
import type { ClientSettings } from './clients.js'
import { asked } from './failure.js'

type Quotas = Pick<Launch, 'quotaVcpus' | 'requestQuota'>

export function quotasOf(settings: ClientSettings): Quotas {
  const { region } = settings
  let made: Promise<ServiceQuotasClient> | undefined
  const client = (): Promise<ServiceQuotasClient> =>
    (made ??= import('./sdk-quotas.js').then(({ ServiceQuotasClient }) => new ServiceQuotasClient(settings)))
  const ask = <T>(name: string, signal: AbortSignal, work: (client: ServiceQuotasClient) => Promise<T>): Promise<T> =>
    asked({ permission: `servicequotas:${name}`, region }, signal, async () => work(await client()))
  return {
    quotaVcpus: (code, signal) =>
      ask('GetServiceQuota', signal, (quotas) => quotaVcpus(quotas, { code, region }, signal)),
    requestQuota: (code, vcpus, signal) =>
      ask('RequestServiceQuotaIncrease', signal, (quotas) => requestQuota(quotas, code, vcpus, signal)),
  }
}

interface Which {
  readonly code: string
  readonly region: string
}

async function quotaVcpus(client: ServiceQuotasClient, which: Which, abortSignal: AbortSignal): Promise<number> {
  const { GetServiceQuotaCommand } = await import('./sdk-quotas.js')
  const { Quota } = await client.send(new GetServiceQuotaCommand({ ServiceCode: 'ec2', QuotaCode: which.code }), {
    abortSignal,
  })
  if (Quota?.Value !== undefined) return Quota.Value
  throw new LabosError('aws.refused', `AWS does not say the quota ${which.code} of ${which.region}.`, {
    suggestions: ['See it in the AWS console, under Service Quotas.'],
  })
}

/** One that is open already is what was wished: AWS takes one at a time. */
async function requestQuota(
  client: ServiceQuotasClient,
  QuotaCode: string,
  DesiredValue: number,
  abortSignal: AbortSignal,
): Promise<{ id: string; state: string }> {
  const { RequestServiceQuotaIncreaseCommand } = await import('./sdk-quotas.js')
  try {
    const { RequestedQuota } = await client.send(
      new RequestServiceQuotaIncreaseCommand({ ServiceCode: 'ec2', QuotaCode, DesiredValue }),
      { abortSignal },
    )
    return { id: RequestedQuota?.Id ?? '', state: RequestedQuota?.Status ?? 'PENDING' }
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceAlreadyExistsException')
      return { id: '', state: 'ALREADY_OPEN' }
    throw error
  }
}

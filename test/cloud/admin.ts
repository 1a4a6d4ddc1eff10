/** What the cloud itself asks moto: past the journal, the faults and every policy. */
import { EC2Client } from '@aws-sdk/client-ec2'
import type { Door } from './door.js'
import type { Answer } from './request.js'
import type { AccessKey } from './signature.js'

const VERSIONS: Readonly<Record<string, string>> = { ec2: '2016-11-15', iam: '2010-05-08' }

export interface Admin {
  /** The key it signs with: until policies are enforced moto looks at none. */
  key: AccessKey
  ask(service: 'ec2' | 'iam', region: string, form: Readonly<Record<string, string>>): Promise<Answer>
  /** A client for one piece of work in one region. */
  withClient<T>(region: string, work: (client: EC2Client) => Promise<T>): Promise<T>
}

export function adminOf(endpoint: string, door: Door): Admin {
  const admin: Admin = {
    key: { id: 'test', secret: 'test' },
    ask: (service, region, form) => {
      const body = new URLSearchParams({ Version: VERSIONS[service] ?? '', ...form }).toString()
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      return door.pass({ method: 'POST', path: '/', headers, service, region, body }, admin.key)
    },
    withClient: async (region, work) => {
      const { id: accessKeyId, secret: secretAccessKey } = admin.key
      const client = new EC2Client({ endpoint, region, credentials: { accessKeyId, secretAccessKey } })
      try {
        return await work(client)
      } finally {
        client.destroy()
      }
    },
  }
  return admin
}

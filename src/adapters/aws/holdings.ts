import type { EC2Client } from '@aws-sdk/client-ec2'
import type { Holdings } from '../../cloud-ports.js'
import type { ClientSettings } from './clients.js'

/** `StartInstances` needs a client without tries of its own: a refused capacity call is never repeated by itself. */
export function holdingsPort(_client: EC2Client, _settings: ClientSettings): Holdings {
  throw new Error('being made')
}

import type { EC2Client } from '@aws-sdk/client-ec2'
import type { Launch } from '../../cloud-ports.js'
import type { ClientSettings } from './clients.js'

export function launchPort(_client: EC2Client, _settings: ClientSettings): Launch {
  throw new Error('being made')
}

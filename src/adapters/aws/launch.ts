/** What a launch in one region depends on, as AWS says it. */
import type { EC2Client } from '@aws-sdk/client-ec2'
import type { Launch } from '../../cloud-ports.js'
import type { ClientSettings } from './clients.js'
import { newestImage } from './images.js'
import { makeDefaultNetwork, networkOf } from './networks.js'
import { spotByZone, zonesOf } from './offerings.js'
import { quotasOf } from './quotas.js'
import { vcpusInUse } from './vcpus.js'

export function launchPort(client: EC2Client, settings: ClientSettings): Launch {
  const ec2 = { client, region: settings.region }
  return {
    image: (signal) => newestImage(ec2, settings, signal),
    zonesOf: (types, signal) => zonesOf(ec2, types, signal),
    network: (subnetId, signal) => networkOf(ec2, subnetId, signal),
    vcpusInUse: (signal) => vcpusInUse(ec2, signal),
    spotByZone: (types, signal) => spotByZone(ec2, types, signal),
    makeDefaultNetwork: (signal) => makeDefaultNetwork(ec2, signal),
    ...quotasOf(settings),
  }
}

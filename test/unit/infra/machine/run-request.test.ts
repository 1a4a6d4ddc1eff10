import { describe, expect, it } from 'vitest'
import { clientToken, runRequest } from '../../../../infra/machine/run-request.js'
import { machineWish, someRung } from '../../../fakes/ec2-calls.js'

const inputs = machineWish()
const inSubnet = someRung({ subnetId: 'subnet-1' })

describe('the request for a machine', () => {
  it('on demand', () => {
    expect(runRequest(inputs, someRung(), 0)).toMatchInlineSnapshot(`
      {
        "BlockDeviceMappings": [
          {
            "DeviceName": "/dev/sda1",
            "Ebs": {
              "DeleteOnTermination": true,
              "Encrypted": true,
              "Iops": 3000,
              "Throughput": 500,
              "VolumeSize": 120,
              "VolumeType": "gp3",
            },
          },
        ],
        "ClientToken": "labos-a95d656233e96ee846437b9db769eb92dbd283b000f2bc06",
        "ImageId": "ami-12345678",
        "InstanceInitiatedShutdownBehavior": "terminate",
        "InstanceType": "g6e.xlarge",
        "MaxCount": 1,
        "MetadataOptions": {
          "HttpEndpoint": "enabled",
          "HttpPutResponseHopLimit": 1,
          "HttpTokens": "required",
          "InstanceMetadataTags": "enabled",
        },
        "MinCount": 1,
        "NetworkInterfaces": [
          {
            "AssociatePublicIpAddress": true,
            "DeleteOnTermination": true,
            "DeviceIndex": 0,
            "Groups": [
              "sg-1",
            ],
          },
        ],
        "Placement": {
          "AvailabilityZone": "us-east-1a",
        },
        "TagSpecifications": [
          {
            "ResourceType": "instance",
            "Tags": [
              {
                "Key": "labos:lab",
                "Value": "lab-1",
              },
              {
                "Key": "labos:name",
                "Value": "one",
              },
            ],
          },
          {
            "ResourceType": "volume",
            "Tags": [
              {
                "Key": "labos:lab",
                "Value": "lab-1",
              },
              {
                "Key": "labos:name",
                "Value": "one",
              },
            ],
          },
          {
            "ResourceType": "network-interface",
            "Tags": [
              {
                "Key": "labos:lab",
                "Value": "lab-1",
              },
              {
                "Key": "labos:name",
                "Value": "one",
              },
            ],
          },
        ],
        "UserData": "I2Nsb3VkLWNvbmZpZwo=",
      }
    `)
  })

  it('spot, in a subnet, with a slow disk', () => {
    const rung = someRung({ market: 'spot', subnetId: 'subnet-1', disk: { sizeGB: 75, throughputMBps: 125 } })
    expect(runRequest(inputs, rung, 0)).toMatchInlineSnapshot(`
      {
        "BlockDeviceMappings": [
          {
            "DeviceName": "/dev/sda1",
            "Ebs": {
              "DeleteOnTermination": true,
              "Encrypted": true,
              "Iops": 3000,
              "Throughput": 125,
              "VolumeSize": 75,
              "VolumeType": "gp3",
            },
          },
        ],
        "ClientToken": "labos-462d9153efbd14264d7df4e97bd4d76b6b63950e88683e16",
        "ImageId": "ami-12345678",
        "InstanceInitiatedShutdownBehavior": "terminate",
        "InstanceMarketOptions": {
          "MarketType": "spot",
          "SpotOptions": {
            "InstanceInterruptionBehavior": "terminate",
            "SpotInstanceType": "one-time",
          },
        },
        "InstanceType": "g6e.xlarge",
        "MaxCount": 1,
        "MetadataOptions": {
          "HttpEndpoint": "enabled",
          "HttpPutResponseHopLimit": 1,
          "HttpTokens": "required",
          "InstanceMetadataTags": "enabled",
        },
        "MinCount": 1,
        "NetworkInterfaces": [
          {
            "AssociatePublicIpAddress": true,
            "DeleteOnTermination": true,
            "DeviceIndex": 0,
            "Groups": [
              "sg-1",
            ],
            "SubnetId": "subnet-1",
          },
        ],
        "TagSpecifications": [
          {
            "ResourceType": "instance",
            "Tags": [
              {
                "Key": "labos:lab",
                "Value": "lab-1",
              },
              {
                "Key": "labos:name",
                "Value": "one",
              },
            ],
          },
          {
            "ResourceType": "volume",
            "Tags": [
              {
                "Key": "labos:lab",
                "Value": "lab-1",
              },
              {
                "Key": "labos:name",
                "Value": "one",
              },
            ],
          },
          {
            "ResourceType": "network-interface",
            "Tags": [
              {
                "Key": "labos:lab",
                "Value": "lab-1",
              },
              {
                "Key": "labos:name",
                "Value": "one",
              },
            ],
          },
          {
            "ResourceType": "spot-instances-request",
            "Tags": [
              {
                "Key": "labos:lab",
                "Value": "lab-1",
              },
              {
                "Key": "labos:name",
                "Value": "one",
              },
            ],
          },
        ],
        "UserData": "I2Nsb3VkLWNvbmZpZwo=",
      }
    `)
  })

  it('tags all that it makes, in the call that makes it', () => {
    const request = runRequest(inputs, someRung({ market: 'spot' }), 0)
    const specifications = request['TagSpecifications'] as { ResourceType: string; Tags: unknown }[]
    expect(specifications.map(({ ResourceType }) => ResourceType)).toEqual([
      'instance',
      'volume',
      'network-interface',
      'spot-instances-request',
    ])
    for (const { Tags } of specifications)
      expect(Tags).toEqual([
        { Key: 'labos:lab', Value: 'lab-1' },
        { Key: 'labos:name', Value: 'one' },
      ])
  })

  it('leaves zone and subnet to AWS where neither is known', () => {
    const { zone: _zone, ...anywhere } = someRung()
    const request = runRequest(inputs, anywhere, 0)
    expect(request).not.toHaveProperty('Placement')
    expect(JSON.stringify(request)).not.toContain('SubnetId')
  })

  it('is the same after it was kept as JSON', () => {
    const request = runRequest(inputs, inSubnet, 0)
    expect(JSON.parse(JSON.stringify(request))).toEqual(request)
  })
})

describe('the token', () => {
  const token = clientToken(inputs, inSubnet, 0)

  it('is short enough for EC2, and holds nothing that a lab is named by', () => {
    expect(token).toMatch(/^labos-[0-9a-f]{48}$/)
    expect(token.length).toBeLessThanOrEqual(64)
  })

  it('is the same for the same wish, whatever else has changed meanwhile', () => {
    expect(clientToken({ ...inputs, imageId: 'ami-2', tags: {}, userData: '' }, { ...inSubnet }, 0)).toBe(token)
  })

  it.each([
    ['lab', { ...inputs, labId: 'lab-2' }, inSubnet, 0],
    ['region', { ...inputs, region: 'eu-west-1' }, inSubnet, 0],
    ['zone', inputs, { ...inSubnet, zone: 'us-east-1b' }, 0],
    ['subnet', inputs, { ...inSubnet, subnetId: 'subnet-2' }, 0],
    ['type', inputs, { ...inSubnet, instanceType: 'g6.xlarge' }, 0],
    ['market', inputs, { ...inSubnet, market: 'spot' as const }, 0],
    ['generation', inputs, inSubnet, 1],
  ])('is another one for another %s', (_, wish, rung, generation) => {
    expect(clientToken(wish, rung, generation)).not.toBe(token)
  })
})

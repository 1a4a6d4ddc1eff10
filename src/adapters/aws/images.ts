/** The image that machines start from: AWS's own, with NVIDIA's driver, Docker and nothing of a framework. */
import type { Image } from '@aws-sdk/client-ec2'
import type { MachineImage } from '../../cloud-ports.js'
import { LabosError } from '../../errors/labos-error.js'
import { askEc2, type Ec2Door } from './ask-ec2.js'
import type { ClientSettings } from './clients.js'
import { asked } from './failure.js'

const PARAMETER = '/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id'
/** AWS's account for these images, the same in every region. */
const OWNER = '898082745236'
const NAME = 'Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu 22.04) *'

/** As AWS names it the newest; where that cannot be read, the newest by name. Throws `aws.image` where there is none. */
export async function newestImage(ec2: Ec2Door, settings: ClientSettings, signal: AbortSignal): Promise<MachineImage> {
  const named = await orNothing(async () => {
    const id = await imageId(settings, signal)
    return id === undefined ? undefined : newest(await describe(ec2, { ImageIds: [id] }, signal))
  })
  const image = named ?? newest(await describe(ec2, byName, signal))
  if (image) return image
  throw new LabosError('aws.image', `AWS has no image with NVIDIA's driver in ${ec2.region}: "${NAME}".`, {
    suggestions: ['Name another `--region`.', 'Update labos: AWS may have changed the names.'],
  })
}

const byName = {
  Owners: [OWNER],
  Filters: [
    { Name: 'name', Values: [NAME] },
    { Name: 'state', Values: ['available'] },
  ],
}

/** A way that is refused is no way: there is another. */
async function orNothing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof LabosError && error.code === 'aws.refused') return undefined
    throw error
  }
}

const imageId = (settings: ClientSettings, signal: AbortSignal): Promise<string | undefined> =>
  asked({ permission: 'ssm:GetParameter', region: settings.region }, signal, async () => {
    const { GetParameterCommand, SSMClient } = await import('./sdk-ssm.js')
    const answer = await new SSMClient(settings).send(new GetParameterCommand({ Name: PARAMETER }), {
      abortSignal: signal,
    })
    return answer.Parameter?.Value
  })

const describe = (ec2: Ec2Door, which: object, signal: AbortSignal): Promise<MachineImage[]> =>
  askEc2(ec2, 'DescribeImages', signal, async () => {
    const { DescribeImagesCommand } = await import('./sdk.js')
    const { Images } = await ec2.client.send(new DescribeImagesCommand(which), { abortSignal: signal })
    return (Images ?? []).flatMap(machineImage)
  })

/** An image without a root disk of its own cannot be used. */
function machineImage({
  ImageId,
  Name,
  State,
  CreationDate,
  RootDeviceName,
  BlockDeviceMappings,
}: Image): MachineImage[] {
  const root = (BlockDeviceMappings ?? []).find(({ DeviceName }) => DeviceName === RootDeviceName)
  const snapshotGB = root?.Ebs?.VolumeSize
  if (!ImageId || !RootDeviceName || !CreationDate || snapshotGB === undefined) return []
  if (State !== undefined && State !== 'available') return []
  return [{ id: ImageId, name: Name ?? ImageId, rootDevice: RootDeviceName, snapshotGB, createdAt: CreationDate }]
}

const newest = (images: readonly MachineImage[]): MachineImage | undefined =>
  [...images].sort((a, b) => b.createdAt.localeCompare(a.createdAt))[0]

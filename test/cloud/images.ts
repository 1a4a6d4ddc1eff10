/** The deep-learning images: found by their SSM parameter, by id, or by owner and name. Everywhere the same. */
import { isLike } from './wildcards.js'
import { filtersOf, ec2Answer, elements, json, listOf, refusal, type Answer, type AwsRequest } from './request.js'
import type { CloudSettings } from './settings.js'
import type { Handler } from './world.js'

const OWNER_ID = '898082745236'
const SNAPSHOT_GB = 75
const DAY_MS = 86_400_000
const PARAMETER = /^\/aws\/service\/deeplearning\/ami\/x86_64\/(.+)\/latest\/ami-id$/

interface KnownImage {
  readonly id: string
  /** In the middle of its SSM parameter. */
  readonly line: string
  readonly title: string
}

const KNOWN: readonly KnownImage[] = ['22.04', '24.04'].flatMap((ubuntu, index) => [
  {
    id: `ami-0d1ab05a1e570000${String(index * 2 + 1)}`,
    line: `base-oss-nvidia-driver-gpu-ubuntu-${ubuntu}`,
    title: `Deep Learning Base OSS Nvidia Driver GPU AMI (Ubuntu ${ubuntu})`,
  },
  {
    id: `ami-0d1ab05a1e570000${String(index * 2 + 2)}`,
    line: `base-with-single-cuda-ubuntu-${ubuntu}`,
    title: `Deep Learning Base AMI with Single CUDA (Ubuntu ${ubuntu})`,
  },
])

/** Undefined where the parameter is none of an image. */
export function imageParameter(request: AwsRequest, { imageParameter: isKnown }: CloudSettings): Answer | undefined {
  const name = request.params['Name'] ?? ''
  const line = PARAMETER.exec(name)?.[1]
  if (line === undefined) return undefined
  const image = KNOWN.find((each) => each.line === line)
  if (!image || !isKnown) return refusal(request, 'ParameterNotFound', `Parameter ${name} not found.`)
  return json({ Parameter: { Name: name, Type: 'String', Value: image.id, Version: 1 } })
}

export const describeImages: Handler = (request, forward, { settings }) => {
  const ids = listOf(request, 'ImageId')
  const isOurs =
    ids.some(isKnownImage) || listOf(request, 'Owner').some((owner) => [OWNER_ID, 'amazon'].includes(owner))
  if (!isOurs) return forward()
  const made = new Date(Date.now() - settings.imageAgeDays * DAY_MS).toISOString()
  const found = KNOWN.filter(({ id }) => ids.length === 0 || ids.includes(id))
    .map((image) => described(image, made))
    .filter((image) => passes(image, filtersOf(request)))
  const items = found.map((image) => `<item>${elements(image)}${disk(image.imageId ?? '')}</item>`)
  return Promise.resolve(ec2Answer(request.action, `<imagesSet>${items.join('')}</imagesSet>`))
}

const isKnownImage = (imageId: string): boolean => KNOWN.some(({ id }) => id === imageId)

/** What a root disk of it must have at least. */
export const snapshotGBOf = (imageId: string): number => (isKnownImage(imageId) ? SNAPSHOT_GB : 0)

type Described = Readonly<Record<string, string>>

function described({ id, title }: KnownImage, made: string): Described {
  const name = `${title} ${made.slice(0, 10).replaceAll('-', '')}`
  return {
    imageId: id,
    imageLocation: `amazon/${name}`,
    imageState: 'available',
    imageOwnerId: OWNER_ID,
    imageOwnerAlias: 'amazon',
    creationDate: made,
    isPublic: 'true',
    architecture: 'x86_64',
    imageType: 'machine',
    name,
    description: title,
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/sda1',
    virtualizationType: 'hvm',
    hypervisor: 'xen',
    enaSupport: 'true',
  }
}

function disk(imageId: string): string {
  const ebs = elements({
    snapshotId: imageId.replace('ami-', 'snap-'),
    volumeSize: String(SNAPSHOT_GB),
    volumeType: 'gp3',
    deleteOnTermination: 'true',
    encrypted: 'false',
  })
  const item = `<item><deviceName>/dev/sda1</deviceName><ebs>${ebs}</ebs></item>`
  return `<blockDeviceMapping>${item}</blockDeviceMapping>`
}

const FILTERED: Readonly<Record<string, string>> = {
  name: 'name',
  state: 'imageState',
  architecture: 'architecture',
  'owner-id': 'imageOwnerId',
  'owner-alias': 'imageOwnerAlias',
  'is-public': 'isPublic',
  'root-device-type': 'rootDeviceType',
  'virtualization-type': 'virtualizationType',
}

const passes = (image: Described, filters: ReadonlyMap<string, readonly string[]>): boolean =>
  [...filters].every(([name, values]) => {
    const value = image[FILTERED[name] ?? '']
    return value !== undefined && values.some((pattern) => isLike(value, pattern))
  })

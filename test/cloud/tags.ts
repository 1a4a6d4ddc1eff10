/** Tags that a create call gives to what it makes. */
import { all, children, parseXml, textOf } from './document.js'
import type { Answer, AwsRequest } from './request.js'
import type { World } from './world.js'

/** Of one resource type, as `TagSpecification` says it: key to value. */
export function givenTags({ params }: AwsRequest, resourceType: string): Map<string, string> {
  const specs = Object.entries(params).flatMap(([name, value]) =>
    value === resourceType ? (/^(TagSpecification\.\d+)\.ResourceType$/.exec(name)?.slice(1) ?? []) : [],
  )
  const tags = specs.flatMap((spec) => pairsIn(params, `${spec}.Tag`))
  return new Map(tags)
}

/** `PREFIX.1.Key`, `PREFIX.1.Value`, ... */
export const pairsIn = (params: Readonly<Record<string, string>>, prefix: string): [string, string][] =>
  Object.entries(params).flatMap(([name, key]) =>
    name.startsWith(`${prefix}.`) && name.endsWith('.Key')
      ? [[key, params[`${name.slice(0, -'.Key'.length)}.Value`] ?? '']]
      : [],
  )

const interfacesIn = (body: string): string[] =>
  all(parseXml(body), 'networkInterfaceSet')
    .flatMap((set) => children(set, 'item'))
    .map((item) => textOf(item, 'networkInterfaceId'))
    .filter((id) => id !== '')

/** moto drops the tags of the network interfaces that RunInstances makes. */
export async function tagInterfaces(request: AwsRequest, answer: Answer, { admin }: World): Promise<void> {
  const tags = [...givenTags(request, 'network-interface')]
  if (tags.length === 0) return
  const ids = interfacesIn(answer.body)
  await admin.ask('ec2', request.region, {
    Action: 'CreateTags',
    ...Object.fromEntries(ids.map((id, index) => [`ResourceId.${String(index + 1)}`, id])),
    ...Object.fromEntries(
      tags.flatMap(([key, value], index) => {
        const tag = `Tag.${String(index + 1)}`
        return [
          [`${tag}.Key`, key],
          [`${tag}.Value`, value],
        ]
      }),
    ),
  })
}

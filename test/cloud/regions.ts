/** Regions that the account has not enabled: listed as such, and closed to every call. */
import { all, children, parseXml, remove, setText, textOf, writeXml } from './document.js'
import { type Answer, type AwsRequest, refusal } from './request.js'
import type { CloudSettings } from './settings.js'
import type { Handler } from './world.js'

const OTHER_PARTITIONS = /^(?:cn|us-gov|us-iso|eu-isoe|eusc)/

export const describeRegions: Handler = async (request, forward, { settings }) => {
  const answer = await forward()
  if (answer.status !== 200) return answer
  const document = parseXml(answer.body)
  const isAll = request.params['AllRegions'] === 'true'
  for (const item of all(document, 'regionInfo').flatMap((set) => children(set, 'item'))) {
    const name = textOf(item, 'regionName')
    if (OTHER_PARTITIONS.test(name)) remove(item) // moto lists the regions of all partitions
    if (!settings.disabledRegions.includes(name)) continue
    if (isAll) setText(item, 'optInStatus', 'not-opted-in')
    else remove(item)
  }
  return { ...answer, body: writeXml(document) }
}

/** The refusal of a call that was signed for such a region: keys are not known there. */
export const closedRegion = (request: AwsRequest, { disabledRegions }: CloudSettings): Answer | undefined =>
  disabledRegions.includes(request.region) ? unknownKey(request) : undefined

/** As each kind of service says that it does not know a key. */
export function unknownKey(request: AwsRequest): Answer {
  if (request.service === 'ec2')
    return refusal(request, 'AuthFailure', 'AWS was not able to validate the provided access credentials')
  const code = ['sts', 'iam'].includes(request.service) ? 'InvalidClientTokenId' : 'UnrecognizedClientException'
  return refusal(request, code, 'The security token included in the request is invalid.')
}

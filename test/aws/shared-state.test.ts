/** The state in a bucket, for teams: a lab that one computer made, another goes on with and removes. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cloud, startCloud } from '../cloud/cloud.js'
import { UP } from '../crash/matrix.js'
import { makeSubject, type Subject } from '../crash/subject.js'
import { pulumiCli } from '../pulumi/pulumi.js'

let cloud: Cloud
let here: Subject
let elsewhere: Subject

/** moto finds the service in the signature's scope, and looks no further. */
const SIGNED = 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=none'
const bucket = (query = '', method = 'GET'): Promise<Response> =>
  fetch(`${cloud.url}/labos-state${query}`, { method, headers: { authorization: SIGNED } })
const stacks = async (): Promise<string[]> =>
  [...(await (await bucket('?list-type=2')).text()).matchAll(/<Key>([^<]*stacks\/[^<]*\.json)<\/Key>/g)].map(
    ([, key]) => key ?? '',
  )

beforeAll(async () => {
  cloud = await startCloud()
  await bucket('', 'PUT')
  const place = `region=us-east-1&awssdk=v2&endpoint=${cloud.url}&use_path_style=true`
  const env = {
    ...cloud.env,
    LABOS_STATE: `s3://labos-state/labs?${place}`,
    LABOS_PULUMI: await pulumiCli(),
    LABOS_ALLOW_CIDR: '127.0.0.1/32',
  }
  here = makeSubject(env)
  elsewhere = makeSubject(env)
})

afterAll(async () => {
  here.close()
  elsewhere.close()
  expect(await cloud.leftovers()).toEqual([])
  await cloud.close()
})

it('is kept in the bucket, found again by `up`, and cleared by `down` from another computer', async () => {
  expect(await here.run(...UP, 'team')).toMatchObject({ exitCode: 0 })
  expect(await stacks()).toHaveLength(1)
  expect((await here.run(...UP, 'team')).stdout).toContain('already up')
  const down = await elsewhere.run('down', 'team')
  expect(down).toMatchObject({ exitCode: 0 })
  expect(down.stdout).toMatch(/removed machine +i-/)
  expect(await stacks()).toEqual([])
  expect(await here.run('down', 'team')).toMatchObject({ exitCode: 0 })
})

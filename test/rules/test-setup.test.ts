/** What the tests' own set-up promises. */
import { readdirSync } from 'node:fs'
import { get } from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import { homedir } from 'node:os'
import { expect, it } from 'vitest'

it('gives each file an empty HOME', () => {
  expect(readdirSync(homedir())).toEqual([])
})

it.each([
  ['an address', () => connect(80, '192.0.2.1')],
  ['a name', () => connect({ port: 80, host: 'labos.example' })],
  ['a request', () => get('http://labos.example/')],
])('ends a connection that would leave this computer: %s', async (_, open) => {
  const ended = new Promise<Error>((resolve) => void open().once('error', resolve))
  expect((await ended).message).toMatch(/^a test may not connect to (?:192\.0\.2\.1|labos\.example)$/)
})

it('ends a fetch that would leave this computer', async () => {
  await expect(fetch('http://labos.example/')).rejects.toMatchObject({
    cause: { message: 'a test may not connect to labos.example' },
  })
})

it('lets a connection to this computer be', async () => {
  const server = createServer((socket) => socket.end('here'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const heard = await new Promise((resolve) => connect(port, '127.0.0.1').once('data', resolve))
  expect(String(heard)).toBe('here')
  await new Promise((resolve) => server.close(resolve))
})

import { expect, it } from 'vitest'
import { opensshArgv } from '../../../src/connect/openssh.js'

it('goes over other hosts by the same command, in which OpenSSH reads no %', () => {
  const at = { host: 'box', port: 22, user: 'me', knownHostsFile: '/k' }
  const argv = opensshArgv({ ...at, via: 'ssh -W box:22 "50%h"' })
  expect(argv[argv.indexOf('ProxyCommand=ssh -W box:22 "50%%h"') - 1]).toBe('-o')
  expect(opensshArgv(at).join(' ')).not.toContain('ProxyCommand')
})

import { describe, expect, it } from 'vitest'
import { bareKey, fingerprint, hostKeyText, blobOf } from '../../../src/connect/host-keys.js'
import { acceptedKeys } from '../../../src/connect/known-hosts.js'

const ED = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILIWVOlcb2oydYfCleCQ1dlfo79x8byLBSiZCg23KD1O'
const EC =
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFUyuHL5kPkgWStwEP/FQeTq9XxFx8RqMIvynb/ERACsGm+mX12gO2CcxeOF1YT13Bvpi3nQ/iqBb+1cNsdZUG0='

/** Written by `ssh-keygen -H` from: box.example.org,192.0.2.7 ED; [box.example.org]:2222 EC. */
const HASHED = `|1|tOfxQrocaqK00Qyol3Vh9AQ68iM=|YxBcMAvptCBOMX43TpQa8D+IXbQ= ${ED}
|1|NzM0+KGA8imwSnjE6x0eaouQnxM=|fgkM07PVCIoSwJ1BeMYVgqdYwkQ= ${ED}
|1|t7GvmE5AY4TZwGnJhi9pjXpNLhw=|NnSA5wte7ay6mccTRkJ7WrVIUsQ= ${EC}
`

describe('accepted host keys', () => {
  it.each<[string, string, string, number, string[]]>([
    ['a hashed name', HASHED, 'Box.example.org', 22, [ED]],
    ['a hashed address', HASHED, '192.0.2.7', 22, [ED]],
    ['a hashed name with a port', HASHED, 'box.example.org', 2222, [EC]],
    ['no other host', HASHED, 'box.example.com', 22, []],
    ['no other port', HASHED, 'box.example.org', 23, []],
    ['one of several names', `a,b ${ED} comment of mine\n`, 'b', 22, [ED]],
    ['ed25519 first', `b ${EC}\r\nb ${ED}\r\n`, 'b', 22, [ED, EC]],
    ['a pattern', `*.lan,10.0.0.? ${ED}`, '10.0.0.7', 22, [ED]],
    ['what a pattern leaves out', `*.lan,!bad.lan ${ED}`, 'bad.lan', 22, []],
    ['a dot as a dot', `10.0.0.1 ${ED}`, '10a0.0.1', 22, []],
    ['no revoked key', `b ${ED}\nb ${EC}\n@revoked * ${ED}`, 'b', 22, [EC]],
    ["no authority's key", `@cert-authority *.lan ${ED}`, 'b.lan', 22, []],
    [
      'no comment, no nonsense',
      `# b ${ED}\n\nb\nb ssh-ed25519 nonsense\nb ssh-rsa ${ED.split(' ')[1] ?? ''}`,
      'b',
      22,
      [],
    ],
  ])('are found by %s', (_, text, host, port, keys) => {
    expect(acceptedKeys(text, host, port)).toEqual(keys)
  })
})

describe('a host key as text', () => {
  it('has the fingerprint that OpenSSH prints', () => {
    expect(fingerprint(ED)).toBe('SHA256:SnzrD5F+ZcFFPNQAoO7OM46MV62z12VmcB6X+eXOfbA')
    expect(fingerprint(`${EC} comment`)).toBe('SHA256:xOvs9e8KNBWrrXT29iJeqfppPs2ChucUQcIz3WKGMI4')
  })

  it('comes back from the wire as it was', () => {
    for (const key of [ED, EC]) expect(hostKeyText(blobOf(key))).toBe(key)
  })

  it.each(['', 'ssh-ed25519', 'ssh-ed25519 AAAA', `ssh-rsa ${ED.split(' ')[1] ?? ''}`, `x${ED}`])(
    'is not %j',
    (text) => {
      expect(bareKey(text)).toBeUndefined()
    },
  )
})

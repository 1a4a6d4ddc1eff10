import { describe, expect, it } from 'vitest'
import { bareKey, blobOf, fingerprint, hostKeyText } from '../../../src/connect/host-keys.js'

const ED = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILIWVOlcb2oydYfCleCQ1dlfo79x8byLBSiZCg23KD1O'
const EC =
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFUyuHL5kPkgWStwEP/FQeTq9XxFx8RqMIvynb/ERACsGm+mX12gO2CcxeOF1YT13Bvpi3nQ/iqBb+1cNsdZUG0='

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

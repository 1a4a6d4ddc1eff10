/** Mirrors that the machine is told of: it has to reach them from where it is. */
import { LabosError } from '../../errors/labos-error.js'
import type { ServingWish } from '../../plan/rent/serving.js'

/** Throws `usage.value` for an address that means whoever uses it: on the machine it would be the machine itself. */
export function checkMirrors({ hub, packageIndex }: Pick<ServingWish, 'hub' | 'packageIndex'>): void {
  if (hub !== undefined && isOwn(hub))
    throw unreachable('hub', hub, [
      'Name one that it can reach (`--hub`, LABOS_HUB, else HF_ENDPOINT); the public one is `--hub https://huggingface.co`.',
    ])
  if (packageIndex !== undefined && isOwn(packageIndex))
    throw unreachable('package index', packageIndex, ['Name one that it can reach, or leave `--package-index` out.'])
}

const isOwn = (url: string): boolean =>
  /^(?:(?:.*\.)?localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\])$/.test(new URL(url).hostname)

const unreachable = (what: string, url: string, suggestions: [string]): LabosError =>
  new LabosError(
    'usage.value',
    `The ${what} ${url} is on this computer's own address: a rented machine cannot reach it.`,
    {
      suggestions,
    },
  )

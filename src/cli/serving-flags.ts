/** What a rented machine is to serve the model with, as flags. */
import { Flags, type Interfaces } from '@oclif/core'
import { LabosError } from '../errors/labos-error.js'
import { ENGINE_VERSION } from '../plan/rent/engine-config.js'
import { isEngineOption, nearestEngineOption } from '../plan/rent/engine-options.js'
import type { EngineArg, ServingWish } from '../plan/rent/serving.js'
import { env } from './env.js'
import { duration, given } from './flags.js'

export const servingFlags = {
  'boot-timeout': duration({
    env: 'LABOS_BOOT_TIMEOUT',
    description:
      'The machine ends itself when it does not serve after this long. Default: 45m, or thrice the estimate.',
  }),
  'engine-version': Flags.string({
    env: 'LABOS_ENGINE_VERSION',
    description: 'Another version of vLLM than the one labos was made with: 0.32.0.',
  }),
  'engine-arg': Flags.string({
    multiple: true,
    env: 'LABOS_ENGINE_ARG',
    description: 'An option of vLLM, over what the plan says: enforce-eager=true.',
  }),
  hub: Flags.string({
    env: 'LABOS_HUB',
    description:
      'Mirror of the Hugging Face hub, for the machine and for what is asked of it here. Default: HF_ENDPOINT.',
  }),
  'package-index': Flags.string({
    env: 'LABOS_PACKAGE_INDEX',
    description: 'Mirror of the Python package index, for the machine.',
  }),
}

export const SERVING_FLAGS = ['boot-timeout', 'engine-version', 'engine-arg', 'hub', 'package-index'] as const

const VERSION = /^\d+\.\d+\.\d+[\w.]*$/
/** A long option of vLLM without its dashes. */
const ARG = /^(?:--)?([a-z][\w.-]*)(?:=([\s\S]*))?$/

export function servingWish(
  flags: Interfaces.InferredFlags<typeof servingFlags> & { readonly idle: number | undefined },
): ServingWish {
  const version = flags['engine-version']
  if (version !== undefined && !VERSION.test(version))
    throw new LabosError('usage.value', `--engine-version ${version} is no version of vLLM.`, {
      suggestions: ['Versions look like `0.33.0`.'],
    })
  return {
    engineArgs: argsIn(flags['engine-arg']).map((text) => argOf(text, version)),
    ...given({
      engineVersion: version,
      idleMs: flags.idle,
      bootMs: flags['boot-timeout'],
      hub: mirror('--hub', flags.hub ?? env['HF_ENDPOINT']),
      packageIndex: mirror('--package-index', flags['package-index']),
    }),
  }
}

/** A value may hold commas; from a variable oclif gives the text as it is. */
const argsIn = (value: readonly string[] | string | undefined): readonly string[] =>
  typeof value === 'string' ? value.split(/\s+/).filter((part) => part !== '') : (value ?? [])

/** What decides who reaches the engine, and where, is labos's. */
const OURS: ReadonlySet<string> = new Set(['host', 'port', 'api-key', 'model', 'config', 'uds'])

/** What options another version has is known to that alone. */
function argOf(text: string, version = ENGINE_VERSION): EngineArg {
  const [, name, value = 'true'] = ARG.exec(text) ?? []
  if (name === undefined || (version === ENGINE_VERSION && !isEngineOption(name)))
    throw notAnOption(name ?? text, version)
  if (!OURS.has(name)) return { name, value }
  throw new LabosError('usage.value', `--engine-arg ${name}: that is labos's to say.`, {
    suggestions: ['Leave it out.'],
  })
}

function notAnOption(name: string, version: string): LabosError {
  const near = nearestEngineOption(name)
  return new LabosError('usage.value', `--engine-arg ${name} is no option of vLLM ${version}.`, {
    suggestions: [
      near === undefined
        ? 'Options look like `enforce-eager=true` or `kv-cache-dtype=fp8`.'
        : `Did you mean \`${near}\`?`,
      'vLLM lists them: `vllm serve --help=all`. One of another version needs `--engine-version`, too.',
    ],
  })
}

/** It travels in the machine's user data, which is no place for a password. */
export function mirror(flag: string, text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol))
    throw new LabosError('usage.value', `${flag} ${text} is no address.`, {
      suggestions: ['Addresses look like `https://mirror.example/simple`.'],
    })
  if (url.username === '' && url.password === '') return text.replace(/\/+$/, '')
  throw new LabosError(
    'usage.value',
    `${flag} holds a user or a password, and the machine would be told in the clear.`,
    {
      suggestions: ['Use a mirror that the machine may read without one.'],
    },
  )
}

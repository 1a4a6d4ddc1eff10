/** Installs the real engine and weights into the test cache, with the product's own code; instant when they are there. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { localMachine } from '../../src/adapters/local-machine.js'
import { systemClock } from '../../src/adapters/system-clock.js'
import { fetchWeights } from '../../src/bootstrap/fetch-weights.js'
import { installEngine } from '../../src/bootstrap/install-engine.js'
import { llamaCpp } from '../../src/engines/llama-cpp.js'
import { findModel } from '../../src/plan/find-model.js'
import { testCacheDir } from './test-cache.js'

export default async function prepare(): Promise<void> {
  const cacheDir = testCacheDir()
  mkdirSync(cacheDir, { recursive: true })
  const model = findModel('smollm2')
  const source = model.found ? model.model.local?.weights['llama.cpp'] : undefined
  if (!source) throw new Error('the catalogue lacks smollm2 for llama.cpp')
  const deps = {
    machine: localMachine(),
    clock: systemClock,
    fetch: globalThis.fetch,
    env: process.env,
    emit: () => undefined,
    log: () => undefined,
    offerUv: () => Promise.resolve(false),
  }
  const signal = AbortSignal.timeout(280_000)
  const engineHome = await installEngine(
    llamaCpp,
    { cacheDir, templatesDir: join(import.meta.dirname, '../../templates') },
    deps,
    signal,
  )
  await fetchWeights(source, { cacheDir, engineHome }, deps, signal)
}

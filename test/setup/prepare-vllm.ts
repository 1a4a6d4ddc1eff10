/** Installs vLLM and the test model for the tests that run it, and removes them after; what is slow to make is in the test cache. */
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { install } from '../vllm/installation.js'

export default async function prepare(): Promise<() => Promise<void>> {
  const installation = await install()
  process.env['LABOS_TEST_VLLM'] = JSON.stringify(installation)
  return () => rm(dirname(installation.home), { recursive: true, force: true, maxRetries: 3 })
}
